//! The files of `deploy` and the metrics of the service, checked by `promtool`.

use std::fs;
use std::process::Command;

use auth_e2e::board::panels;
use auth_e2e::{ALICE, Finished, Installation, Process, Server, Stores};
use auth_testkit::servers::prometheus_program;
use reqwest::Method;

use crate::programs::LIMIT;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus");
/// The line that promtool prints for each bound: it wants the label `quantile` on summaries only, and this gauge has the bounds of one.
const ACCEPTED: &str = r#"hooksentry_auth_denylist_cache_lag_bound_seconds non-summary metrics should not have "quantile" label"#;

#[tokio::test]
#[ignore = "needs prometheus: run by `just interop`"]
async fn promtool_accepts_the_configuration_and_the_alerts() {
    promtool(&["check", "config", "prometheus.yml"], "").await.expect_success();
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", "alerts.yml"], "").await.expect_success();
}

#[tokio::test]
#[ignore = "needs prometheus: run by `just interop`"]
async fn every_test_of_an_alert_passes() {
    promtool(&["test", "rules", "alerts.test.yml"], "").await.expect_success();
}

#[tokio::test]
#[ignore = "needs prometheus: run by `just interop`"]
async fn promtool_accepts_every_query_of_the_board() {
    let queries = panels().into_iter().flat_map(|panel| panel.queries);
    let rules: Vec<_> = queries
        .enumerate()
        .map(|(number, query)| {
            let query = query.with_variables("1m");
            serde_json::json!({ "record": format!("board:query{number}"), "expr": query })
        })
        .collect();
    assert!(rules.len() > 50, "{} queries", rules.len());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("board.yml");
    let groups = serde_json::json!({ "groups": [{ "name": "board", "rules": rules }] });
    // JSON is YAML.
    fs::write(&file, groups.to_string()).expect("a writable folder");
    promtool(&["check", "rules", &file.to_string_lossy()], "").await.expect_success();
}

#[tokio::test]
#[ignore = "needs prometheus: run by `just interop`"]
async fn promtool_finds_no_fault_in_the_metrics() {
    let installation = Installation::on(Stores::servers()).with_admin().set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    server.log_in(ALICE).await;
    let reply = server.admin().call(Method::GET, "/metrics").await;
    let text = String::from_utf8(reply.body).expect("a text");
    let finished = promtool(&["check", "metrics"], &text).await;
    assert_eq!(finished.stderr.lines().collect::<Vec<_>>(), [ACCEPTED; 2]);
    let broken = text.replace("hooksentry_auth_connections ", "hooksentry_auth_connections_total ");
    let faults = promtool(&["check", "metrics"], &broken).await.stderr;
    assert!(faults.contains("hooksentry_auth_connections_total"), "{faults}");
}

/// Runs promtool in the folder of the rules.
async fn promtool(arguments: &[&str], input: &str) -> Finished {
    let mut command = Command::new(prometheus_program("promtool"));
    Process::spawn(command.args(arguments).current_dir(FOLDER), input).finish(LIMIT).await
}
