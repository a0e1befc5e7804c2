//! A schema-driven fuzzer, which sends requests that the OpenAPI document describes, and others, to a running server.
//!
//! `HOOKSENTRY_AUTH_FUZZ_EXAMPLES` is the number of requests for each operation, and `HOOKSENTRY_AUTH_FUZZ_SEED` the seed that they are
//! generated from.

use std::env;
use std::process::Command;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};
use reqwest::Method;

use crate::programs::{FOLDER, expect_success_within, installed};

/// The hooks replace it by a live refresh token.
const LIVE_REFRESH_TOKEN: &str = "a live refresh token";
const LIMIT: Duration = Duration::from_mins(30);
/// Requests that the service accepts.
const ACCEPTED: [(&str, &str, u16); 5] = [
    ("POST", "login", 200),
    ("POST", "refresh", 200),
    ("POST", "logout", 204),
    ("GET", "me", 200),
    ("GET", "verify", 204),
];

fn parameter(name: &str, default: &str) -> String {
    env::var(format!("HOOKSENTRY_AUTH_FUZZ_{name}")).unwrap_or_else(|_| default.to_owned())
}

/// Starts a server without limits of attempts and refreshes, so that not every response is a 429.
async fn server(stores: Stores) -> Server {
    let installation = Installation::on(stores).with_admin().without_refresh_limits();
    let installation = installation
        .set("LOGIN_LIMIT__MAX_FAILURES", "1000000")
        .set("LOGIN_LIMIT__DAILY_FAILURES", "0")
        .with_user(ALICE);
    Server::start_on(installation.await).await
}

#[expect(clippy::print_stdout, reason = "`just fuzz-api` shows it")]
async fn expect_no_failure(stores: Stores) {
    let server = server(stores).await;
    let (examples, seed) = (parameter("EXAMPLES", "50"), parameter("SEED", "1"));
    let address = format!("http://{}", server.installation.address());
    let mut command = Command::new(installed(".venv/bin/schemathesis"));
    let configuration = format!("{FOLDER}/fuzz-api/schemathesis.toml");
    let hooks = format!("{FOLDER}/fuzz-api/hooks.py");
    command.args(["--config-file", &configuration, "run", &format!("{address}/openapi.json")]);
    command.args(["--max-examples", &examples, "--seed", &seed, "--workers", "1", "--no-color"]);
    command.args(["--generation-database", "none"]).current_dir(server.installation.folder());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    for (name, value) in [
        ("HOOKS", hooks.as_str()),
        ("ADDRESS", &address),
        ("EMAIL", ALICE),
        ("PASSWORD", PASSWORD),
        ("LIVE_REFRESH_TOKEN", LIVE_REFRESH_TOKEN),
    ] {
        command.env(format!("FUZZ_{name}"), value);
    }
    let report = expect_success_within(LIMIT, &mut command).await;
    assert!(!report.contains("Stateful (not applicable)"), "{report}");
    println!("{examples} examples for each operation, seed {seed}\n{report}");
    expect_accepted_requests(&server).await;
}

/// Expects that the server accepted requests of every kind, and that it limited none.
async fn expect_accepted_requests(server: &Server) {
    let metrics = server.admin().call(Method::GET, "/metrics").await.text();
    for (method, path, status) in ACCEPTED {
        let labels = format!(r#"{{method="{method}",path="/api/v1/auth/{path}",status="{status}"}} "#);
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("hooksentry_auth_http_requests_total")?.strip_prefix(&labels));
        let count = line.map_or(0, |count| count.parse::<u32>().expect("a number"));
        assert!(count >= 5, "{path}: {count} responses with status {status}");
    }
    assert!(!metrics.contains(r#"status="429""#), "{metrics}");
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn a_schema_driven_fuzzer_finds_no_failure() {
    expect_no_failure(Stores::Embedded).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn a_schema_driven_fuzzer_finds_no_failure_on_postgres_and_redis() {
    expect_no_failure(Stores::servers()).await;
}
