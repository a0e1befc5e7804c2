//! CORS: which pages may call the service from a browser.

use auth_e2e::{ALICE, Api, Installation, PASSWORD, Server, WRONG_PASSWORD, send};
use reqwest::Method;
use serde_json::json;

const ORIGIN: &str = "https://app.example.com";
const OTHER: &str = "https://app.example.com.evil.example";

async fn server() -> Server {
    let installation =
        Installation::new().set("HTTP__CORS_ORIGINS", "http://localhost:5173,https://app.example.com");
    Server::start_on(installation.with_admin().with_user(ALICE).await).await
}

// S-79
#[tokio::test]
async fn a_page_of_a_listed_origin_can_log_in_and_read_errors() {
    let server = server().await;
    for (path, methods) in
        Api::ENDPOINTS.map(|path| (path, "POST")).into_iter().chain([("/health", "GET, HEAD")])
    {
        let preflight = server
            .request(Method::OPTIONS, path)
            .header("origin", ORIGIN)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let reply = send(preflight).await.unwrap();
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(reply.header("access-control-allow-methods"), Some(methods));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
    let page = server.with_header("origin", ORIGIN);
    let tokens = page.login(ALICE, PASSWORD).await;
    let unauthorized = page.login(ALICE, WRONG_PASSWORD).await;
    unauthorized.expect_error(401, "invalid_credentials");
    let absent = page.call(Method::GET, "/absent").await;
    absent.expect_error(404, "not_found");
    for _ in 0..9 {
        page.login(ALICE, WRONG_PASSWORD).await;
    }
    let limited = page.login(ALICE, WRONG_PASSWORD).await;
    limited.expect_error(429, "rate_limited");
    assert!(limited.header("retry-after").is_some());
    for reply in [tokens, unauthorized, absent, limited] {
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{reply:?}");
        assert_eq!(reply.header("access-control-expose-headers"), Some("Retry-After, X-Request-Id"));
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
    // A page of any other origin gets the same responses, but its browser does not let it read them.
    let other = server.with_header("origin", OTHER).post("/api/v1/auth/login", &json!({})).await;
    other.expect_error(400, "invalid_request");
    let admin = server.admin().with_header("origin", ORIGIN).call(Method::GET, "/metrics").await;
    for reply in [other, admin] {
        assert_eq!(reply.header("access-control-allow-origin"), None, "{reply:?}");
    }
}

// S-79
#[tokio::test]
async fn an_origin_that_is_not_exact_stops_the_start() {
    for (origins, remedy) in [
        ("*", "without wildcards"),
        ("https://app.example.com/", "write https://app.example.com"),
        ("https://a.example,https://B.example", "write https://b.example"),
    ] {
        let message = Installation::embedded().set("HTTP__CORS_ORIGINS", origins).rejects_to_serve().await;
        assert!(message.contains("HTTP__CORS_ORIGINS") && message.contains(remedy), "{message}");
    }
}
