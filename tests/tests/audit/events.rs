//! A record of each event.

use std::collections::BTreeSet;
use std::fs;

use auth_e2e::audit::{ADMIN_SECRET, audited, expect, of, path, records, schema};
use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, Signal, Stores, WRONG_PASSWORD, jwt};
use reqwest::Method;
use serde_json::{Value, json};

/// More rejections than there are records for in two minutes.
const FLOOD: usize = 34;
/// Events with tests of their own.
const ELSEWHERE: [&str; 5] =
    ["audit_events_lost", "dependency_down", "dependency_up", "rejections_suppressed", "secrets_rejected"];

async fn start() -> Server {
    let installation = audited(Installation::embedded().with_admin().set("ADMIN__SECRET", ADMIN_SECRET));
    let server = Server::start_on(installation).await;
    for email in [ALICE, BOB] {
        let create = ["user", "create", "--email", email, "--password-stdin"];
        server.installation.cli(&create, PASSWORD).await.expect_success();
    }
    server
}

/// Causes the events of requests.
async fn requests(server: &Server) -> Vec<String> {
    let (alice, bob) = (server.log_in(ALICE).await, server.log_in(BOB).await);
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.logout(&alice.access, &bob.refresh).await.expect_error(401, "invalid_refresh_token");
    server.refresh("no token").await.expect_error(401, "invalid_refresh_token");
    let second = server.refresh(&bob.refresh).await.tokens();
    server.refresh(&bob.refresh).await.expect_error(401, "invalid_refresh_token");
    let third = server.refresh(&second.refresh).await.tokens();
    server.refresh(&bob.refresh).await.expect_error(401, "invalid_refresh_token");
    let other = server.log_in(ALICE).await;
    for _ in 0..16 {
        server.refresh_with_key(&other.refresh, "key").await.tokens();
    }
    server.refresh_with_key(&other.refresh, "key").await.expect_error(429, "rate_limited");
    assert_eq!(server.logout(&alice.access, &alice.refresh).await.status, 204);
    let elsewhere = server.from_address("127.0.0.9");
    for _ in 0..10 {
        elsewhere.login("absent@example.net", PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    elsewhere.login("absent@example.net", PASSWORD).await.expect_error(429, "rate_limited");
    let user = jwt::claims(&alice.access)["sub"].as_str().unwrap().to_owned();
    for (secret, status) in [("wrong", 401), (ADMIN_SECRET, 200)] {
        let admin = server.admin().with_header("authorization", &format!("Bearer {secret}"));
        assert_eq!(admin.call(Method::POST, &format!("/users/{user}/end-sessions")).await.status, status);
    }
    [alice, bob, second, third, other].into_iter().flat_map(|pair| [pair.access, pair.refresh]).collect()
}

/// Causes the events of commands.
async fn commands(server: &Server) {
    for command in [
        &["session", "end", "--user", BOB, "--all"][..],
        &["limit", "clear", "--email", ALICE],
        &["limit", "clear", "--address", "127.0.0.9"],
        &["user", "deactivate", BOB],
        &["key", "rotate"],
    ] {
        server.cli(command).await.expect_success();
    }
    let line = r#"{"email": "imported@example.com", "password_hash": null}"#;
    server.installation.cli(&["user", "import", "-"], line).await.expect_success();
}

// S-85
#[tokio::test]
async fn every_event_has_a_valid_record_without_secrets() {
    let server = start().await;
    let tokens = requests(&server).await;
    commands(&server).await;
    server.process.signal(Signal::HUP);
    expect(&server.installation, "secrets_reloaded", 1).await;
    let (installation, _) = server.stop().await;

    let seen: BTreeSet<String> =
        records(&installation).iter().map(|record| record["event"].as_str().unwrap().to_owned()).collect();
    let schema = schema();
    let listed = schema["properties"]["event"]["enum"].as_array().unwrap().iter();
    let listed = listed.map(|event| event.as_str().unwrap()).filter(|event| !ELSEWHERE.contains(event));
    assert_eq!(seen, listed.map(str::to_owned).collect());

    let text = fs::read_to_string(path(&installation)).unwrap();
    for secret in
        tokens.iter().map(String::as_str).chain([PASSWORD, WRONG_PASSWORD, ADMIN_SECRET, "example."])
    {
        assert!(!text.contains(secret), "{secret}");
    }
    let ids: BTreeSet<&str> =
        text.lines().filter_map(|line| line.split("\"id\":\"").nth(1)?.get(..36)).collect();
    assert_eq!(ids.len(), text.lines().count(), "each record has an id of its own");
}

/// Returns the members of a record that do not depend on the time.
fn constant(record: &Value) -> Value {
    let mut record = record.clone();
    let members = record.as_object_mut().unwrap();
    members.retain(|name, _| !["id", "time", "schema", "event"].contains(&name.as_str()));
    record
}

// S-85
#[tokio::test]
async fn records_name_request_actor_subject_session_and_address() {
    let server = Server::start_on(audited(Installation::new()).with_user(ALICE).await).await;
    let with_id = |id| server.with_header("x-request-id", id);
    let first = with_id("login").log_in(ALICE).await;
    let claims = jwt::claims(&first.access);
    let (user, session) = (&claims["sub"], &claims["sid"]);
    with_id("wrong").login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    with_id("absent").login(BOB, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    let second = with_id("refresh").refresh(&first.refresh).await.tokens();
    let elsewhere = server.from_address("127.0.0.9").with_header("x-request-id", "again");
    elsewhere.refresh(&first.refresh).await.expect_error(401, "invalid_refresh_token");
    assert_eq!(with_id("logout").logout(&second.access, &second.refresh).await.status, 204);
    let limit = server.cli(&["limit", "list", "--email", BOB]).await.expect_success();
    let hash = limit.lines().last().and_then(|row| row.split_whitespace().next()).unwrap();
    let (installation, _) = server.stop().await;

    let actor = json!({"kind": "user", "user_id": user});
    let (subject, anonymous) = (json!({"user_id": user}), json!({"kind": "anonymous"}));
    let address = "127.0.0.1";
    for (event, expected) in [
        (
            "login_succeeded",
            json!({"outcome": "success", "reason": "password", "actor": actor, "subject": subject,
            "session_id": session, "address": address, "request_id": "login"}),
        ),
        (
            "login_failed",
            json!({"outcome": "failure", "reason": "wrong_password", "actor": anonymous,
            "subject": subject, "address": address, "request_id": "wrong"}),
        ),
        (
            "login_failed",
            json!({"outcome": "failure", "reason": "unknown_email", "actor": anonymous,
            "subject": {"email_hash": hash}, "address": address, "request_id": "absent"}),
        ),
        (
            "refresh_succeeded",
            json!({"outcome": "success", "reason": "rotated", "actor": actor, "subject": subject,
            "session_id": session, "address": address, "request_id": "refresh"}),
        ),
        (
            "refresh_token_reused_in_grace_period",
            json!({"outcome": "failure", "reason": "already_used",
            "actor": anonymous, "subject": subject, "session_id": session, "address": "127.0.0.9",
            "request_id": "again", "same_address": false}),
        ),
        (
            "logout_succeeded",
            json!({"outcome": "success", "reason": "logged_out", "actor": actor,
            "subject": subject, "session_id": session, "address": address, "request_id": "logout"}),
        ),
    ] {
        let found = of(&records(&installation), event);
        assert!(found.iter().any(|record| constant(record) == expected), "{event}: {found:#?}\n{expected:#}");
    }
}

// S-85
#[tokio::test]
async fn rejections_beyond_ten_in_a_minute_share_a_record() {
    let installation = audited(Installation::new().with_admin().set("ADMIN__SECRET", ADMIN_SECRET));
    let server = Server::start_on(installation.set("LOG__FILTER", "off").with_user(ALICE).await).await;
    let admin = server.admin().with_header("authorization", "Bearer wrong");
    for _ in 0..FLOOD {
        server.refresh("no token").await.expect_error(401, "invalid_refresh_token");
        admin.call(Method::POST, "/users/x/end-sessions").await;
    }
    let (installation, _) = server.stop().await;
    let records = records(&installation);
    let shared = of(&records, "rejections_suppressed");
    for (event, reason) in [("refresh_failed", "malformed"), ("admin_secret_wrong", "wrong_secret")] {
        let single = of(&records, event);
        assert!(single.iter().all(|record| record["request_id"].is_string() && record["reason"] == reason));
        let counts: Vec<_> = shared.iter().filter(|record| record["suppressed"] == event).collect();
        // A minute can end between two of the rejections.
        let count: u64 = counts.iter().map(|record| record["count"].as_u64().unwrap()).sum();
        assert_eq!(single.len() as u64 + count, FLOOD as u64, "{event}: {shared:#?}");
        assert!(single.len() <= 20 && !counts.is_empty(), "{event}: {single:#?}");
        assert!(counts.iter().all(|record| record["subject"]["address"] == "127.0.0.1"), "{shared:#?}");
    }
}

// S-85
#[tokio::test]
async fn a_rejected_reload_has_a_record() {
    let installation = Installation::new().with_admin();
    let secret = installation.folder().join("admin-secret");
    fs::write(&secret, ADMIN_SECRET).unwrap();
    let installation = audited(installation.set("ADMIN__SECRET_FILE", "admin-secret"));
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    fs::write(&secret, "short").unwrap();
    server.process.signal(Signal::HUP);
    let rejected = expect(&server.installation, "secrets_rejected", 1).await;
    assert!(rejected[0]["problems"].as_str().unwrap().contains("ADMIN__SECRET"), "{rejected:?}");
    assert_eq!(rejected[0]["reason"], "signal");
}

// S-85
#[tokio::test]
async fn an_outage_of_a_dependency_has_two_records() {
    let installation = audited(Installation::on(Stores::own_servers()));
    let server = Server::start_on(installation).await;
    server.installation.servers().redis.kill();
    let down = expect(&server.installation, "dependency_down", 1).await;
    server.installation.servers().redis.start_again();
    let up = expect(&server.installation, "dependency_up", 1).await;
    for record in down.iter().chain(&up) {
        assert_eq!((&record["name"], &record["actor"]["kind"]), (&"redis".into(), &"service".into()));
    }
}
