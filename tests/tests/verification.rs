//! `GET /api/v1/auth/me` and `GET /api/v1/auth/verify`: the verified caller, for clients and for proxies.

use auth_e2e::{ALICE, Installation, Reply, Server, jwt};
use reqwest::Method;
use serde_json::{Value, json};

const ME: &str = "/api/v1/auth/me";
const VERIFY: &str = "/api/v1/auth/verify";
const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";

async fn server_with_known_key() -> Server {
    Server::start_on(Installation::new().set("JWT__KEY", KEY).with_user(ALICE).await).await
}

/// An access token of the legacy service: without a session.
fn a_token_but(claim: &str, value: Value) -> String {
    jwt::sign_hs256(&jwt::good_claims_but(claim, value), KEY.as_bytes())
}

fn expect_success(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert!(reply.header("x-request-id").is_some());
}

#[tokio::test]
async fn me_returns_the_user_of_the_access_token() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let claims = jwt::claims(&tokens.access);
    let me = server.me(&tokens.access).await;
    expect_success(&me, 200);
    let me = me.json();
    for (field, claim) in [
        ("userId", "sub"),
        ("tenantId", "tenant_id"),
        ("email", "email"),
        ("role", "role"),
        ("sessionId", "sid"),
    ] {
        assert_eq!(me[field], claims[claim], "{field}");
    }
    assert_eq!(me["email"], ALICE);
    assert_eq!(me.as_object().unwrap().len(), 6);
    let expires_at = me["expiresAt"].as_str().unwrap();
    assert_eq!((expires_at.len(), &expires_at[19..]), (24, ".000Z"), "{expires_at}");
}

#[tokio::test]
async fn verify_returns_five_headers_and_nothing_else() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let claims = jwt::claims(&tokens.access);
    let verified = server.verify(&tokens.access).await;
    expect_success(&verified, 204);
    assert!(verified.body.is_empty());
    for (header, claim) in [
        ("x-user-id", "sub"),
        ("x-tenant-id", "tenant_id"),
        ("x-user-email", "email"),
        ("x-user-role", "role"),
        ("x-session-id", "sid"),
    ] {
        assert_eq!(verified.header(header), claims[claim].as_str(), "{header}");
    }
}

// S-59, S-60
#[tokio::test]
async fn after_a_logout_protected_endpoints_reject_all_its_tokens() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    let other = server.log_in(ALICE).await;
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    for token in [&first.access, &second.access] {
        for rejected in [server.me(token).await, server.verify(token).await] {
            rejected.expect_error(401, "invalid_token");
        }
    }
    expect_success(&server.me(&other.access).await, 200);
    expect_success(&server.verify(&other.access).await, 204);
}

/// If the response misses a header, a proxy may pass on the header of the client.
#[tokio::test]
async fn a_token_without_a_session_has_an_empty_header_and_null() {
    let server = server_with_known_key().await;
    let token = a_token_but("role", json!("Viewer"));
    let forging = server.with_header("x-session-id", "forged").with_header("x-user-role", "Owner");
    let verified = forging.verify(&token).await;
    expect_success(&verified, 204);
    assert_eq!(verified.header("x-session-id"), Some(""));
    assert_eq!(verified.header("x-user-role"), Some("Viewer"));
    assert_eq!(server.me(&token).await.json()["sessionId"], Value::Null);
}

#[tokio::test]
async fn an_email_in_a_header_is_utf_8_without_line_breaks() {
    let server = server_with_known_key().await;
    let verified = server.verify(&a_token_but("email", json!("jürgen@example.com"))).await;
    expect_success(&verified, 204);
    assert_eq!(verified.header("x-user-email"), Some("jürgen@example.com"));
    for email in ["a@example.com\r\nx-user-role: Owner", "a@example.com\n", "\u{0}", "\u{7f}", "\u{85}"] {
        server.verify(&a_token_but("email", json!(email))).await.expect_error(401, "invalid_token");
    }
}

// S-42
#[tokio::test]
async fn the_token_is_read_from_the_authorization_header_only() {
    let server = Server::start().await;
    let access = server.log_in(ALICE).await.access;
    let bodiless = |path: String| {
        let api =
            server.api().with_header("cookie", &format!("access_token={access}; Authorization={access}"));
        async move { api.call(Method::GET, &path).await }
    };
    for path in [ME, VERIFY] {
        bodiless(format!("{path}?access_token={access}")).await.expect_error(401, "invalid_token");
        let forwarded = server.with_header("x-forwarded-authorization", &format!("Bearer {access}"));
        forwarded.call(Method::GET, path).await.expect_error(401, "invalid_token");
    }
}

// S-69
#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let server = Server::start().await;
    let bearing =
        server.with_header("authorization", &format!("Bearer {}", server.log_in(ALICE).await.access));
    for (path, status) in [(ME, 200), (VERIFY, 204)] {
        let head = bearing.call(Method::HEAD, path).await;
        expect_success(&head, status);
        assert!(head.body.is_empty());
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let rejected = bearing.call(method, path).await;
            rejected.expect_error(405, "method_not_allowed");
            assert_eq!(rejected.header("allow"), Some("GET, HEAD"));
        }
    }
}

/// A proxy verifies every request of the platform, so a line for each of them would fill the log.
#[tokio::test]
async fn a_verification_is_logged_only_if_the_token_is_rejected() {
    let server = Server::start().await;
    let access = server.log_in(ALICE).await.access;
    let with_id = |id: &str| server.with_header("x-request-id", id);
    expect_success(&with_id("the-good-one").verify(&access).await, 204);
    with_id("the-bad-one").verify("nonsense").await.expect_error(401, "invalid_token");
    assert!(server.process.logs(&["the-bad-one", "access_token_rejected", "malformed"]).await);
    assert!(!server.process.stderr().contains("the-good-one"));
}
