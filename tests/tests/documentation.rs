//! The documentation that the program serves about itself.

use auth_e2e::{Api, Server};
use reqwest::Method;

// S-82
#[tokio::test]
async fn the_openapi_document_describes_what_is_served() {
    let server = Server::start().await;
    let reply = server.call(Method::GET, "/openapi.json").await;
    assert_eq!(reply.status, 200);
    let document = reply.json();
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        reply.text()
    );
    for path in Api::ENDPOINTS {
        let responses = &document["paths"][path]["post"]["responses"];
        for status in ["400", "401", "413", "415", "500", "503"] {
            assert!(responses[status].is_object(), "{path} documents no {status}");
        }
    }
    for path in ["/api/v1/auth/login", "/api/v1/auth/refresh"] {
        assert!(document["paths"][path]["post"]["responses"]["429"].is_object(), "{path} documents no 429");
    }
}

#[tokio::test]
async fn the_swagger_page_loads_nothing_from_other_hosts() {
    let server = Server::start().await;
    let page = server.call(Method::GET, "/swagger/").await;
    assert_eq!(page.status, 200);
    let html = page.text();
    assert!(html.contains("swagger-ui"), "{html}");
    let parts: Vec<_> = html.split(['"', '\'']).filter(|part| is_asset(part)).collect();
    assert!(parts.len() >= 2, "{html}");
    for part in parts {
        assert!(!part.contains("//"), "{part} comes from elsewhere");
        let asset = server.call(Method::GET, &format!("/swagger/{}", part.trim_start_matches("./"))).await;
        assert_eq!(asset.status, 200, "{part}");
    }
    server.call(Method::GET, "/swagger/absent.js").await.expect_error(404, "not_found");
}

fn is_asset(part: &str) -> bool {
    part.rsplit_once('.').is_some_and(|(_, extension)| ["css", "js"].contains(&extension))
}
