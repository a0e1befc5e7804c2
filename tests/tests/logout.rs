//! Logout: its effect, its owner check, and the order of its checks.

use auth_e2e::{ALICE, Api, BOB, Installation, Server, Tokens, send};
use reqwest::Method;
use serde_json::json;

const LOGOUT: &str = "/api/v1/auth/logout";

// S-59
#[tokio::test]
async fn a_logout_ends_refresh_token_and_access_token() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let reply = server.logout(&tokens.access, &tokens.refresh).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    reply.expect_auth_headers();

    assert_eq!(server.expect_dead(&tokens.refresh).await.as_deref(), Some("logged_out"));
    assert!(!server.access_token_is_alive(&tokens.access).await);
    let again = server.logout(&tokens.access, &tokens.refresh).await;
    again.expect_error(401, "invalid_token");
}

// S-60
#[tokio::test]
async fn a_logout_ends_every_access_token_of_the_session() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, "key").await.tokens();
    let repeated = server.refresh_with_key(&first.refresh, "key").await.tokens();
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    for access in [&first.access, &second.access, &repeated.access] {
        assert!(!server.access_token_is_alive(access).await);
    }
    let rejected = server.refresh_with_key(&first.refresh, "key").await;
    rejected.expect_error(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_used_refresh_token_of_the_session_also_ends_it() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.logout(&second.access, &first.refresh).await.status, 204);
    assert_eq!(server.expect_dead(&second.refresh).await.as_deref(), Some("logged_out"));
    assert!(!server.access_token_is_alive(&second.access).await);
}

#[tokio::test]
async fn another_session_of_the_caller_can_be_ended_too() {
    let server = Server::start().await;
    let (here, there) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    assert_eq!(server.logout(&here.access, &there.refresh).await.status, 204);
    assert_eq!(server.expect_dead(&there.refresh).await.as_deref(), Some("logged_out"));
    assert!(!server.access_token_is_alive(&there.access).await);
    assert!(!server.access_token_is_alive(&here.access).await, "the presented access token is revoked");
    server.refresh(&here.refresh).await.tokens();
}

// S-63
#[tokio::test]
async fn a_refresh_token_of_another_user_changes_nothing() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    let (alice, bob) = (server.log_in(ALICE).await, server.log_in(BOB).await);

    let foreign = server.logout(&alice.access, &bob.refresh).await;
    let message = foreign.expect_error(401, "invalid_refresh_token");
    assert_eq!(foreign.reason(), None);
    for unknown in ["0".repeat(104), "nonsense".to_owned()] {
        let unknown = server.logout(&alice.access, &unknown).await;
        assert_eq!(unknown.expect_error(401, "invalid_refresh_token"), message);
        assert_eq!(unknown.reason(), None);
    }
    for tokens in [alice, bob] {
        assert_lives(&server, &tokens).await;
    }
}

#[tokio::test]
async fn logout_checks_bearer_then_body_then_owner() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    let (alice, bob) = (server.log_in(ALICE).await, server.log_in(BOB).await);

    server.post(LOGOUT, &json!({})).await.expect_error(401, "invalid_token");
    let dead = server.with_header("authorization", "Bearer nonsense");
    dead.post(LOGOUT, &json!({})).await.expect_error(401, "invalid_token");

    let caller = server.with_header("authorization", &format!("Bearer {}", alice.access));
    for body in [json!({}), json!({ "refreshToken": "" }), json!({ "refreshToken": null }), json!([])] {
        caller.post(LOGOUT, &body).await.expect_error(400, "invalid_request");
    }
    let foreign = caller.post(LOGOUT, &json!({ "refreshToken": bob.refresh })).await;
    foreign.expect_error(401, "invalid_refresh_token");
    assert_lives(&server, &alice).await;
}

// S-43
#[tokio::test]
async fn the_scheme_is_case_insensitive() {
    let server = Server::start().await;
    for scheme in ["bearer", "BEARER", "BeArEr"] {
        let tokens = server.log_in(ALICE).await;
        let caller = server.with_header("authorization", &format!("{scheme} {}", tokens.access));
        let reply = caller.post(LOGOUT, &json!({ "refreshToken": tokens.refresh })).await;
        assert_eq!(reply.status, 204);
    }
}

// S-42, S-43
#[tokio::test]
async fn the_access_token_is_read_from_one_authorization_header() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let bearer = format!("Bearer {}", tokens.access);
    let twice = server.with_header("authorization", &bearer).with_header("authorization", &bearer);
    let cookie = server.with_header("cookie", &format!("access_token={}", tokens.access));
    let basic = server.with_header("authorization", &format!("Basic {}", tokens.access));
    for client in [&twice, &cookie, &basic] {
        rejects(client, &tokens).await;
    }
    let query = format!("{LOGOUT}?access_token={}", tokens.access);
    let body = json!({ "refreshToken": tokens.refresh, "access_token": tokens.access });
    let reply = send(server.request(Method::POST, &query).json(&body)).await.unwrap();
    reply.expect_error(401, "invalid_token");
    assert_lives(&server, &tokens).await;
}

async fn rejects(client: &Api, tokens: &Tokens) {
    let reply = client.post(LOGOUT, &json!({ "refreshToken": tokens.refresh })).await;
    reply.expect_error(401, "invalid_token");
}

async fn assert_lives(server: &Server, tokens: &Tokens) {
    assert!(server.access_token_is_alive(&tokens.access).await);
    server.refresh(&tokens.refresh).await.tokens();
}
