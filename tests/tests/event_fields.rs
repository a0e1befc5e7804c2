//! Log lines have the fields that `docs/logging.md` documents for their event.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use auth_e2e::{ALICE, BOB, Finished, Installation, PASSWORD, Server, WRONG_PASSWORD};
use reqwest::Method;
use serde_json::Value;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logging.md"));
/// Fields of every line.
const COMMON: [&str; 6] = ["timestamp", "level", "message", "event", "target", "span"];
/// Fields of every span.
const OF_SPANS: [&str; 2] = ["name", "request_id"];
const ADMIN_SECRET: &str = "Zr7mQ2vK9xLp4TnB8wYc3HdJ6sFg1AeU";
/// The events that the scenario causes.
const CAUSED: [&str; 24] = [
    "access_token_rejected",
    "admin_listening",
    "admin_secret_wrong",
    "hash_costs",
    "listening",
    "login_blocked",
    "login_failed",
    "login_limit_cleared",
    "login_succeeded",
    "logout_foreign_token",
    "logout_succeeded",
    "password_kernel",
    "refresh_blocked",
    "refresh_failed",
    "refresh_reuse_detected",
    "refresh_succeeded",
    "refresh_token_reused_in_grace_period",
    "request",
    "sessions_ended",
    "started",
    "stopped",
    "stopping",
    "user_changed",
    "users_imported",
];

/// The documented fields of an event.
#[derive(Debug, Default)]
struct Fields {
    always: BTreeSet<String>,
    /// Fields with a condition, or of an alternative.
    sometimes: BTreeSet<String>,
}

// S-85
#[tokio::test]
async fn every_line_has_the_documented_fields_of_its_event() {
    let documented = documented();
    let lines = scenario().await;
    let mut seen = BTreeSet::new();
    for line in &lines {
        let event = line["event"].as_str().expect("every line has an event");
        let fields = &documented[event];
        let actual = fields_of(line);
        let missing: Vec<_> = fields.always.iter().filter(|field| !actual.contains(*field)).collect();
        assert!(missing.is_empty(), "{event} has no {missing:?}: {line}");
        let is_documented =
            |field: &&String| fields.always.contains(*field) || fields.sometimes.contains(*field);
        let unknown: Vec<_> = actual.iter().filter(|field| !is_documented(field)).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {event} are not documented: {line}");
        seen.insert(event);
    }
    assert!(CAUSED.iter().all(|event| seen.contains(event)), "not all events were caused: {seen:?}");
}

/// Causes the events of requests and commands, and returns all log lines.
async fn scenario() -> Vec<Value> {
    let installation = Installation::embedded().with_admin().set("ADMIN__SECRET", ADMIN_SECRET);
    let server = Server::start_on(installation.with_user(ALICE).await.with_user(BOB).await).await;
    let (alice, bob) = (server.log_in(ALICE).await, server.log_in(BOB).await);
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.login("absent@example.net", WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    server.logout(&alice.access, &bob.refresh).await.expect_error(401, "invalid_refresh_token");
    server.refresh("no token").await.expect_error(401, "invalid_refresh_token");
    let second = server.refresh(&bob.refresh).await.tokens();
    server.refresh(&bob.refresh).await.expect_error(401, "invalid_refresh_token");
    let third = server.refresh_with_key(&second.refresh, "key").await.tokens();
    server.refresh_with_key(&second.refresh, "key").await.tokens();
    server.refresh(&bob.refresh).await.expect_error(401, "invalid_refresh_token");
    server.refresh(&third.refresh).await.expect_error(401, "invalid_refresh_token");
    let other = server.log_in(ALICE).await;
    for _ in 0..16 {
        server.refresh_with_key(&other.refresh, "key").await.tokens();
    }
    server.refresh_with_key(&other.refresh, "key").await.expect_error(429, "rate_limited");
    assert_eq!(server.logout(&alice.access, &alice.refresh).await.status, 204);
    server.me(&alice.access).await.expect_error(401, "invalid_token");
    let elsewhere = server.from_address("127.0.0.9");
    for _ in 0..10 {
        elsewhere.login("blocked@example.net", PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    elsewhere.login("blocked@example.net", PASSWORD).await.expect_error(429, "rate_limited");
    let path = "/users/9c858901-8a57-4791-81fe-4c455b099bc9/end-sessions";
    for (secret, status) in [("wrong", 401), (ADMIN_SECRET, 200)] {
        let admin = server.admin().with_header("authorization", &format!("Bearer {secret}"));
        assert_eq!(admin.call(Method::POST, path).await.status, status);
    }
    let mut finished = Vec::new();
    for command in [
        &["session", "end", "--user", BOB, "--all"][..],
        &["limit", "clear", "--email", ALICE],
        &["limit", "clear", "--address", "127.0.0.9"],
        &["user", "deactivate", BOB],
    ] {
        finished.push(server.cli(command).await);
    }
    let line = r#"{"email": "imported@example.com", "password_hash": null}"#;
    finished.push(server.installation.cli(&["user", "import", "-"], line).await);
    finished.push(server.stop().await.1);
    finished.iter().flat_map(lines).collect()
}

fn lines(finished: &Finished) -> impl Iterator<Item = Value> {
    // A command also prints what it did.
    let lines = finished.stderr.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

/// Returns the names of the fields of a line and of its span, without those that all have.
fn fields_of(line: &Value) -> BTreeSet<String> {
    let own = line.as_object().into_iter().flatten().filter(|(name, _)| !COMMON.contains(&name.as_str()));
    let span = line["span"].as_object().into_iter().flatten();
    let span = span.filter(|(name, _)| !OF_SPANS.contains(&name.as_str()));
    own.chain(span).map(|(name, _)| name.clone()).collect()
}

/// Returns the fields of each event, as the tables of the page list them.
fn documented() -> BTreeMap<&'static str, Fields> {
    let mut documented = BTreeMap::new();
    for row in PAGE.lines().filter_map(|line| line.strip_prefix("| `")) {
        let mut cells = row.split(" | ");
        let names = cells.next().expect("the events").split("`, `");
        let fields = cells.nth(1).unwrap_or_default();
        for name in names {
            documented.insert(name.trim_matches('`'), parse(fields));
        }
    }
    documented
}

/// Reads a cell: fields with a comment in brackets are always there, those after "if" or a semicolon sometimes.
fn parse(cell: &str) -> Fields {
    let mut fields = Fields::default();
    let has_alternatives = cell.contains("; or ");
    let mut depth = 0_usize;
    let outside: String = cell
        .chars()
        .filter(|letter| {
            depth += usize::from(*letter == '(');
            let is_outside = depth == 0;
            depth -= usize::from(*letter == ')');
            is_outside
        })
        .collect();
    for (index, part) in outside.split(';').enumerate() {
        for item in part.split(',') {
            let is_always = index == 0 && !has_alternatives && !item.contains(" if ");
            let names = item.split('`').skip(1).step_by(2).map(str::to_owned);
            if is_always { fields.always.extend(names) } else { fields.sometimes.extend(names) }
        }
    }
    fields
}
