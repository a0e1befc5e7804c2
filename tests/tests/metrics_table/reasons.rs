//! Metrics have the reason codes of the log.

use std::collections::BTreeSet;

use crate::metrics;
use crate::series::Series;

const LOGGING: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logging.md"));
/// The reasons of an error of a store, which the log has as its kind.
const KINDS: [&str; 5] = ["unavailable", "unanswered", "overloaded", "corrupt", "misconfigured"];
const OPERATIONS: [(&str, &[&str]); 3] = [
    ("hooksentry_auth_logins_total", &["login_succeeded", "login_failed", "login_blocked"]),
    (
        "hooksentry_auth_refreshes_total",
        &[
            "refresh_succeeded",
            "refresh_failed",
            "refresh_blocked",
            "refresh_token_reused_in_grace_period",
            "refresh_reuse_detected",
        ],
    ),
    ("hooksentry_auth_logouts_total", &["logout_succeeded", "logout_foreign_token"]),
];

// S-81
#[tokio::test]
async fn metrics_have_the_reason_codes_of_the_log() {
    let text = metrics().await;
    for (counter, events) in OPERATIONS {
        let logged: BTreeSet<_> = events.iter().flat_map(|event| reasons(event)).chain(KINDS).collect();
        let series = Series::read_all(&text).into_iter().filter(|series| series.name == counter);
        let counted: BTreeSet<_> = series.filter_map(|series| series.label("reason")).collect();
        assert_eq!(logged, counted, "{counter}: left: logged, right: counted");
    }
}

/// Returns the reason codes that the log page lists for an event.
fn reasons(event: &str) -> Vec<&'static str> {
    let row = LOGGING.lines().find(|line| line.starts_with(&format!("| `{event}`"))).expect("a row");
    let (_, rest) = row.split_once("`reason` (").expect("the field `reason`");
    let (list, _) = rest.split_once(')').expect("the codes in parentheses");
    list.split('`').skip(1).step_by(2).collect()
}
