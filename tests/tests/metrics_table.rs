//! `docs/observability.md` lists exactly the metrics of the program, and the reason codes of its log.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use auth_e2e::{ALICE, Installation, Server, Stores};
use reqwest::Method;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/observability.md"));
const LOGGING: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logging.md"));
const PREFIX: &str = "hooksentry_auth_";
/// The beginning of names without the prefix.
const PROCESS: &str = "process_";
/// The reasons of an error of a store, which the log has as its kind.
const KINDS: [&str; 5] = ["unavailable", "unanswered", "overloaded", "corrupt", "misconfigured"];

async fn metrics() -> String {
    let installation = Installation::on(Stores::servers()).with_admin().set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    server.log_in(ALICE).await;
    server.admin().call(Method::GET, "/metrics").await.text()
}

// S-81
#[tokio::test]
async fn the_table_of_metrics_lists_exactly_the_metrics_of_the_program() {
    assert_eq!(documented(), exposed(&metrics().await), "left: documented, right: exposed");
}

// S-81
#[tokio::test]
async fn metrics_have_the_reason_codes_of_the_log() {
    let text = metrics().await;
    for (operation, events) in [
        ("logins", &["login_succeeded", "login_failed", "login_blocked"][..]),
        (
            "refreshes",
            &[
                "refresh_succeeded",
                "refresh_failed",
                "refresh_blocked",
                "refresh_token_reused_in_grace_period",
                "refresh_reuse_detected",
            ],
        ),
        ("logouts", &["logout_succeeded", "logout_foreign_token"]),
    ] {
        let logged: BTreeSet<_> = events.iter().flat_map(|event| reasons(event)).chain(KINDS).collect();
        assert_eq!(logged, counted(&text, operation), "{operation}: left: logged, right: counted");
    }
}

/// Returns the names in the table.
fn documented() -> BTreeSet<String> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with("Metrics\n")).expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let names =
        rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names
        .map(|name| if name.starts_with(PROCESS) { name.to_owned() } else { format!("{PREFIX}{name}") })
        .collect()
}

/// Returns the names that the program exposes.
fn exposed(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, _)| name.to_owned()).collect()
}

/// Returns the reason codes that the log page lists for an event.
fn reasons(event: &str) -> Vec<&'static str> {
    let row = LOGGING.lines().find(|line| line.starts_with(&format!("| `{event}`"))).expect("a row");
    let (_, rest) = row.split_once("`reason` (").expect("the field `reason`");
    let (list, _) = rest.split_once(')').expect("the codes in parentheses");
    list.split('`').skip(1).step_by(2).collect()
}

/// Returns the values of the label `reason` of a counter.
fn counted<'a>(text: &'a str, operation: &str) -> BTreeSet<&'a str> {
    let prefix = format!("{PREFIX}{operation}_total{{");
    let series = text.lines().filter_map(|line| line.strip_prefix(&prefix));
    series.filter_map(|labels| labels.split_once("reason=\"")?.1.split('"').next()).collect()
}
