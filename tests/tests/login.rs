//! The response to a login, and what rejected logins must not reveal.

use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Reply, Server, WRONG_PASSWORD, clock, jwt};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn a_login_returns_exactly_the_documented_body() {
    let server = Server::start().await;
    let before = clock::unix_now();
    let reply = server.login(ALICE, PASSWORD).await;
    let tokens = reply.tokens();

    let body = reply.json();
    let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["accessToken", "expiresAt", "expiresIn", "refreshToken"]);
    assert_eq!(body["expiresIn"], json!(900));
    assert_eq!(tokens.refresh.len(), 104);
    assert!(tokens.refresh.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));

    let expires_at = body["expiresAt"].as_str().unwrap();
    assert_eq!(expires_at.len(), "2026-07-10T14:32:00.000Z".len(), "{expires_at}");
    assert!(expires_at.strip_suffix(".000Z").is_some(), "{expires_at}");
    let instant = OffsetDateTime::parse(expires_at, &Rfc3339).unwrap().unix_timestamp();
    assert_eq!(jwt::claims(&tokens.access)["exp"], json!(instant));
    assert!((before + 900..=clock::unix_now() + 901).contains(&instant));
}

#[tokio::test]
async fn the_access_token_has_the_claims_that_the_platform_reads() {
    let key = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
    let installation = Installation::new().set("JWT__KEY", key).with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let access = server.log_in(ALICE).await.access;

    let (header, claims) = jwt::read(&access);
    assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
    assert_eq!(claims["email"], ALICE);
    assert_eq!(claims["iss"], "hooksentry-api");
    assert_eq!(claims["aud"], "hooksentry-client");
    assert!(claims["role"].is_string());
    for name in ["sub", "jti", "tenant_id"] {
        assert_eq!(claims[name].as_str().map(str::len), Some(36), "{name} is a UUID");
    }
    assert!(jwt::is_signed_by(&access, key.as_bytes()), "the shared secret is the key");
    assert!(access.len() < 2_048, "the token is too long for a cookie");
}

// S-39
#[tokio::test]
async fn a_legacy_access_token_is_accepted() {
    let key = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
    let previous = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
    let installation = Installation::new().set("JWT__KEY", key).set("JWT__PREVIOUS_KEYS", previous);
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    for key in [key, previous] {
        let token = jwt::sign_hs256(&jwt::good_claims(), key.as_bytes());
        assert!(server.access_token_is_alive(&token).await);
    }
}

#[tokio::test]
async fn every_role_appears_in_the_token_by_its_name() {
    let roles = [("owner", "Owner"), ("admin", "Admin"), ("developer", "Developer"), ("viewer", "Viewer")];
    let installation = Installation::new().migrated().await;
    for (role, _) in roles {
        let email = format!("{role}@example.com");
        let command = ["user", "create", "--email", &email, "--role", role, "--password-stdin"];
        installation.cli(&command, PASSWORD).await.expect_success();
    }
    let server = Server::start_on(installation).await;
    for (role, name) in roles {
        let tokens = server.log_in(&format!("{role}@example.com")).await;
        assert_eq!(jwt::claims(&tokens.access)["role"], name);
    }
}

// S-18
#[tokio::test]
async fn an_email_is_trimmed_and_lower_cased() {
    let server = Server::start().await;
    let tokens = server.log_in(" \tALICE@Example.COM ").await;
    assert_eq!(jwt::claims(&tokens.access)["email"], ALICE);
}

// S-05
#[tokio::test]
async fn a_password_is_compared_byte_for_byte() {
    let password = " Pässwörd \u{65}\u{301}\u{0}\tand blanks ";
    let installation = Installation::new().migrated().await;
    let create = ["user", "create", "--email", ALICE, "--password-stdin"];
    installation.cli(&create, &format!("{password}\n")).await.expect_success();
    let server = Server::start_on(installation).await;

    server.login(ALICE, password).await.tokens();
    for wrong in [password.trim(), &password.to_lowercase(), &password.replace("\u{65}\u{301}", "é")] {
        server.login(ALICE, wrong).await.expect_error(401, "invalid_credentials");
    }
    let cut_at_nul = password.split('\0').next().unwrap();
    server.login(ALICE, cut_at_nul).await.expect_error(401, "invalid_credentials");
}

// S-06
#[tokio::test]
async fn a_password_of_1024_bytes_works_to_its_last_byte() {
    // Only the first 100 of the 1,024 bytes are scored.
    let longest = "k7#mQz!vR2pLx9@w".repeat(64);
    let installation = Installation::new().migrated().await;
    let create = ["user", "create", "--email", ALICE, "--password-stdin"];
    installation.cli(&create, &longest).await.expect_success();
    let server = Server::start_on(installation).await;

    server.login(ALICE, &longest).await.tokens();
    let other_end = format!("{}y", &longest[..1_023]);
    server.login(ALICE, &other_end).await.expect_error(401, "invalid_credentials");
    server.login(ALICE, &format!("{longest}x")).await.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let server = Server::start().await;
    let role = jwt::claims(&server.log_in(ALICE).await.access)["role"].clone();
    for wish in ["Owner", "Viewer"] {
        let body =
            json!({ "email": ALICE, "password": PASSWORD, "role": wish, "extra": { "deep": [1, null] } });
        let tokens = server.post(LOGIN, &body).await.tokens();
        assert_eq!(jwt::claims(&tokens.access)["role"], role, "a role is never read from a body");
    }
}

// S-08
#[tokio::test]
async fn every_rejection_of_credentials_looks_the_same() {
    let (inactive, without_password) = ("inactive@example.com", "elsewhere@example.com");
    let (corrupt, wrong) = ("corrupt@example.com", ALICE);
    let mut installation = Installation::new().with_user(ALICE).await;
    for email in [inactive, without_password, corrupt] {
        installation = installation.with_user(email).await;
    }
    installation.cli(&["user", "deactivate", inactive], "").await.expect_success();
    let set =
        |hash: &str, email: &str| format!("UPDATE users SET password_hash = {hash} WHERE email = '{email}'");
    assert_eq!(installation.sql(&set("NULL", without_password)), 1);
    assert_eq!(installation.sql(&set("'$argon2id$no hash at all'", corrupt)), 1);
    let server = Server::start_on(installation).await;

    let reference = server.login("absent@example.com", PASSWORD).await;
    reference.expect_error(401, "invalid_credentials");
    assert_eq!(reference.header("www-authenticate"), Some("Bearer"));
    let wrong = server.login(wrong, WRONG_PASSWORD).await;
    assert_eq!(outside(&wrong), outside(&reference));
    for email in [inactive, without_password, corrupt] {
        let rejected = server.login(email, PASSWORD).await;
        assert_eq!(outside(&rejected), outside(&reference), "{email}");
    }
}

// S-80
#[tokio::test]
async fn injections_are_only_wrong_credentials() {
    let server = Server::start().await;
    for password in ["' OR '1'='1", "\"; DROP TABLE users; --", "${jndi:ldap://x}", "%00", "{\"$ne\":null}"] {
        server.login(ALICE, password).await.expect_error(401, "invalid_credentials");
    }
    for email in ["'or'1'='1@example.com", "{alice}@example.com", "$%7balice@example.com"] {
        server.login(email, PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    server.log_in(ALICE).await;
}

#[tokio::test]
async fn every_login_opens_a_session_of_its_own() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    let (first, second) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    let bob = server.log_in(BOB).await;
    assert_ne!(first.refresh, second.refresh);
    assert_ne!(jwt::claims(&first.access)["jti"], jwt::claims(&second.access)["jti"]);
    assert_eq!(jwt::claims(&first.access)["tenant_id"], jwt::claims(&bob.access)["tenant_id"]);

    assert_eq!(server.logout(&first.access, &first.refresh).await.status, 204);
    assert!(server.access_token_is_alive(&second.access).await);
    server.refresh(&second.refresh).await.tokens();
    server.refresh(&bob.refresh).await.tokens();
}

// S-03
#[tokio::test]
async fn a_legacy_hash_works_and_is_upgraded() {
    let stored = "3JDPB96QfMxkY2zt2zjlUg==:T7oaR+Bspm7atAlMbozOuEunhf9iZ9gfgF7scjSYz90=";
    let installation = Installation::new().set("PASSWORD__LEGACY", "on").with_user(ALICE).await;
    installation.sql(&format!("UPDATE users SET password_hash = '{stored}'"));
    let server = Server::start_on(installation).await;
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.login(ALICE, PASSWORD).await.tokens();

    let upgraded = "UPDATE users SET updated_at = updated_at WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(server.installation.sql(upgraded), 1);
    server.login(ALICE, PASSWORD).await.tokens();
}

/// The visible parts of a response, without those that differ in each response.
fn outside(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id"];
    let shared = reply.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> = shared.cloned().collect();
    headers.sort();
    (reply.status, headers, reply.text())
}
