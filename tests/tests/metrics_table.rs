//! `docs/observability.md` lists exactly the metrics of the program.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use auth_e2e::{ALICE, Installation, Server, Stores};
use reqwest::Method;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/observability.md"));
const PREFIX: &str = "hooksentry_auth_";

// S-81
#[tokio::test]
async fn the_table_of_metrics_lists_exactly_the_metrics_of_the_program() {
    let installation = Installation::on(Stores::servers()).with_admin().set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    server.log_in(ALICE).await;
    let text = server.admin().call(Method::GET, "/metrics").await.text();
    assert_eq!(documented(), exposed(&text), "left: documented, right: exposed");
}

/// Returns the names in the table, without their prefix.
fn documented() -> BTreeSet<String> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with("Metrics\n")).expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let names =
        rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

/// Returns the names that the program exposes, without their prefix; a counter has the suffix `_total`.
fn exposed(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let names = types.map(|(name, kind)| {
        let name = name.strip_prefix(PREFIX).expect("the prefix");
        if kind == "counter" { format!("{name}_total") } else { name.to_owned() }
    });
    names.collect()
}
