//! No token is in the store, and no secret and no email is in the log.

use std::fs;

use auth_e2e::spelling::Slices;
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Tokens, WRONG_PASSWORD};
use reqwest::Method;
use serde_json::Value;

const KEY: &str = "idempotency-key-of-this-call";

// S-46
#[tokio::test]
async fn no_part_of_a_live_token_is_in_the_data_directory() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    let mut live = Vec::new();
    for _ in 0..3 {
        let first = server.log_in(ALICE).await;
        let second = server.refresh_with_key(&first.refresh, KEY).await.tokens();
        live.extend([first, second]);
    }
    assert_clean(&server.installation, &live);
    let (installation, _) = server.stop().await;
    assert_clean(&installation, &live);
}

#[expect(clippy::unwrap_used, reason = "the files of a data directory can be read")]
fn assert_clean(installation: &Installation, live: &[Tokens]) {
    let slices = slices(live, &[PASSWORD, KEY]);
    for entry in fs::read_dir(installation.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(slices.find_in(&fs::read(&path).unwrap()), None, "{}", path.display());
    }
}

fn slices(live: &[Tokens], others: &[&str]) -> Slices {
    let mut slices = Slices::default();
    for tokens in live {
        slices.add_tokens(tokens);
    }
    for secret in others {
        slices.add(secret);
    }
    slices
}

// S-83, S-84
#[tokio::test]
async fn no_secret_and_no_email_is_in_the_log_even_at_trace() {
    let signing_key = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
    let installation =
        Installation::new().set("LOG__FILTER", "trace").set("JWT__KEY", signing_key).with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, KEY).await.tokens();
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.login("absent@example.net", WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.post_bytes("/api/v1/auth/login", format!("{{\"password\":\"{PASSWORD}\"").as_bytes()).await;
    server.expect_dead(&first.refresh).await;
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    assert!(!server.access_token_is_alive(&second.access).await);
    let (_, finished) = server.stop().await;

    let log = format!("{}{}", finished.stdout, finished.stderr);
    assert!(log.lines().count() > 5, "{log}");
    let others = [PASSWORD, WRONG_PASSWORD, signing_key, ALICE, "absent@example.net", KEY];
    let slices = slices(&[first, second], &others);
    for line in log.lines() {
        assert_eq!(slices.find_in(line.as_bytes()), None, "{line}");
    }
    for line in finished.stderr.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
}

// S-85
#[tokio::test]
async fn every_event_has_its_context_in_one_line() {
    let server = Server::start().await;
    let tokens = server.with_header("x-request-id", "the-login").log_in(ALICE).await;
    server.with_header("x-request-id", "the-failure").login(ALICE, WRONG_PASSWORD).await;
    server.with_header("x-request-id", "the-refresh").refresh(&tokens.refresh).await.tokens();
    server.with_header("x-request-id", "the-logout").logout(&tokens.access, &tokens.refresh).await;
    let (_, finished) = server.stop().await;
    for id in ["the-login", "the-failure", "the-refresh", "the-logout"] {
        let mut lines = finished.stderr.lines().filter(|line| line.contains(id));
        let line: Value = serde_json::from_str(lines.next().unwrap_or_default()).unwrap();
        assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
        assert!(line["level"].is_string(), "{line}");
        assert_eq!(line["span"]["client"], "127.0.0.1", "{line}");
        for field in ["user_id", "session_id"] {
            assert!(line["span"][field].is_string(), "{field}: {line}");
        }
        for field in ["event", "reason"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
}

// S-84
#[tokio::test]
async fn control_bytes_cannot_forge_a_log_line() {
    let server = Server::start().await;
    let forged = "a@b.c\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\u{1b}[31m";
    server.login(forged, PASSWORD).await.expect_error(400, "invalid_request");
    server.refresh(forged).await.expect_error(401, "invalid_refresh_token");
    let mut wire = server.connect().await;
    wire.send("GET /\u{1b}[31m HTTP/1.1\r\nHost: x\r\nUser-Agent: \u{1b}[31m forged\r\n\r\n").await;
    wire.reply().await;
    server.call(Method::GET, "/%1b%5b31m%0d%0aforged").await.expect_error(404, "not_found");
    let (_, finished) = server.stop().await;
    assert!(!finished.stderr.contains('\u{1b}'));
    for line in finished.stderr.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["message"], "forged");
    }
}
