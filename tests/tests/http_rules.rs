//! Rules of HTTP: paths, methods, media types, sizes, framing and headers.

use std::time::Duration;

use auth_e2e::{ALICE, Api, PASSWORD, Server, WRONG_PASSWORD, send};
use reqwest::Method;
use serde_json::json;

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn an_unknown_path_is_404() {
    let server = Server::start().await;
    for path in [
        "/",
        "/api",
        "/api/v1/auth",
        "/api/v1/auth/",
        "/api/v1/auth/login//",
        "/api/v1/auth/login%2F",
        "/api/v1//auth/login",
        "/api/v1/auth/ME",
        "/Health",
        "/health/x",
        "/%2e%2e",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            server.call(method, path).await.expect_error(404, "not_found");
        }
    }
    let below = server.call(Method::GET, "/api/v1/auth/unknown").await;
    below.expect_error(404, "not_found");
    assert_eq!(below.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_endpoints_are_found_in_every_case_and_with_a_slash() {
    let server = Server::start().await;
    let body = json!({ "Email": ALICE, "PASSWORD": PASSWORD });
    let first = server.post("/api/v1/Auth/Login/", &body).await.tokens();
    let second =
        server.post("/API/V1/AUTH/REFRESH", &json!({ "RefreshToken": first.refresh })).await.tokens();
    let caller = server.with_header("authorization", &format!("Bearer {}", second.access));
    let reply = caller.post("/api/v1/auth/LogOut/", &json!({ "refreshtoken": second.refresh })).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    server.expect_dead(&second.refresh).await;
    assert!(!server.access_token_is_alive(&second.access).await);
    for path in Api::ENDPOINTS {
        let line = format!(r#""path":"{path}""#);
        assert!(server.process.logs(&[r#""method":"POST""#, &line]).await, "{path} is in the log");
    }
}

// S-69
#[tokio::test]
async fn a_wrong_method_is_405_with_the_allowed_methods() {
    let server = Server::start().await;
    for path in Api::ENDPOINTS {
        for path in Api::spellings(path) {
            for method in
                [Method::GET, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE]
            {
                let rejected = server.call(method, &path).await;
                rejected.expect_error(405, "method_not_allowed");
                assert_eq!(rejected.header("allow"), Some("POST"));
                assert_eq!(rejected.header("cache-control"), Some("no-store"));
            }
            let head = server.call(Method::HEAD, &path).await;
            assert_eq!((head.status, head.header("allow")), (405, Some("POST")));
        }
    }
    for path in ["/health", "/health/ready"] {
        let rejected = server.call(Method::POST, path).await;
        rejected.expect_error(405, "method_not_allowed");
        assert_eq!(rejected.header("allow"), Some("GET, HEAD"));
    }
}

// S-70
#[tokio::test]
async fn a_body_over_16_kib_is_413_chunked_or_not() {
    let server = Server::start().await;
    let mut body = format!(r#"{{"email":"{ALICE}","password":"{PASSWORD}","x":""#);
    let room = 16 * 1024 - body.len() - 2;
    body.push_str(&"x".repeat(room));
    let fits = format!("{body}\"}}");
    assert_eq!(fits.len(), 16 * 1024);
    server.post_bytes(LOGIN, fits.as_bytes()).await.tokens();
    server.post_chunked(LOGIN, &fits).await.tokens();

    let over = format!("{body}x\"}}");
    server.post_bytes(LOGIN, over.as_bytes()).await.expect_error(413, "payload_too_large");
    server.post_chunked(LOGIN, &over).await.expect_error(413, "payload_too_large");
    server.post_chunked(LOGIN, &"x".repeat(60_000)).await.expect_error(413, "payload_too_large");

    let mut wire = server.connect().await;
    let head = format!(
        "POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    );
    assert!(wire.send(head).await);
    wire.reply().await.unwrap().expect_error(413, "payload_too_large");
}

// S-70
#[tokio::test]
async fn a_body_with_another_media_type_is_415() {
    let server = Server::start().await;
    let body = json!({ "email": ALICE, "password": PASSWORD }).to_string();
    let post = |kind: Option<&str>| {
        let request = server.request(Method::POST, LOGIN).body(body.clone());
        kind.into_iter().fold(request, |request, kind| request.header("content-type", kind))
    };
    let bad = [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "json",
        "multipart/form-data",
    ];
    for kind in bad.into_iter().map(Some).chain([None]) {
        send(post(kind)).await.unwrap().expect_error(415, "unsupported_media_type");
    }
    for encoding in ["gzip", "br", "deflate", "zstd", "compress"] {
        let encoded = post(Some("application/json")).header("content-encoding", encoding);
        send(encoded).await.unwrap().expect_error(415, "unsupported_media_type");
    }
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
    ] {
        send(post(Some(kind))).await.unwrap().tokens();
    }
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_replaced() {
    let server = Server::start().await;
    for id in ["abc-123", "7f4c2a9e-3b1d-4e5f-8a6b-0c1d2e3f4a5b", "A_b.9"] {
        let reply = server.with_header("x-request-id", id).login(ALICE, WRONG_PASSWORD).await;
        assert_eq!(reply.header("x-request-id"), Some(id));
        assert!(server.process.logs(&[id]).await, "the log carries it");
    }
    for id in ["", "two words", "<script>", "a\"b", "a;b", &"x".repeat(500)] {
        let reply = server.with_header("x-request-id", id).login(ALICE, PASSWORD).await;
        assert_ne!(reply.header("x-request-id"), Some(id));
        reply.tokens();
    }
    let (one, other) = (server.refresh("x").await, server.refresh("x").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

// S-73
#[tokio::test]
async fn ambiguous_framing_is_400_and_closes() {
    let server = Server::start().await;
    let start = format!("POST {LOGIN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
    for framing in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: -2\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ] {
        let mut wire = server.connect().await;
        assert!(wire.send(format!("{start}{framing}")).await);
        let reply = wire.reply().await;
        assert!(reply.is_none_or(|reply| reply.status == 400), "{framing:?}");
        assert!(wire.closes_within(Duration::from_secs(2)).await, "{framing:?}");
    }
}

// S-76, S-79
#[tokio::test]
async fn no_response_names_the_software_or_allows_other_origins() {
    let server = Server::start().await;
    let api = server.with_header("origin", "https://elsewhere.example");
    for path in Api::ENDPOINTS {
        let reply = api.post(path, &json!({})).await;
        for header in ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"] {
            assert_eq!(reply.header(header), None);
        }
    }
}
