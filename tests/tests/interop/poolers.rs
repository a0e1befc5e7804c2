//! `PgBouncer` before Postgres. `just interop` also runs the other black-box tests behind it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};
use auth_testkit::servers::{PgBouncer, PostgresServer};
use reqwest::Method;

/// The time within which readiness notices a change.
const NOTICED: Duration = Duration::from_secs(10);

fn behind(pooler: &PgBouncer, installation: Installation) -> Installation {
    let url = pooler.url(installation.servers().database());
    installation.set("POSTGRES__URL", &url)
}

// S-95
#[tokio::test]
#[ignore = "needs PgBouncer"]
async fn a_transaction_pooler_without_its_setting_is_an_error_by_name() {
    let pooler = PgBouncer::start(PostgresServer::shared(), "transaction");
    let installation = behind(&pooler, Installation::on(Stores::servers()));
    let report = installation.cli(&["doctor"], "").await;
    assert!(!report.status.success(), "{}", report.stdout);
    assert!(report.stdout.contains("POSTGRES__POOLER"), "{}{}", report.stdout, report.stderr);
    let message = installation.rejects_to_serve().await;
    assert!(message.contains("POSTGRES__POOLER"), "{message}");

    let report = installation.set("POSTGRES__POOLER", "transaction").cli(&["doctor"], "").await;
    report.expect_success();
}

// S-94, S-95
#[tokio::test]
#[ignore = "needs PgBouncer"]
async fn a_pooler_that_changes_to_transactions_is_not_ready() {
    let pooler = PgBouncer::start(PostgresServer::shared(), "session");
    let server =
        Server::start_on(behind(&pooler, Installation::on(Stores::servers())).with_user(ALICE).await).await;
    server.login(ALICE, PASSWORD).await.tokens();
    pooler.restart_in("transaction");
    let watch = Stopwatch::start();
    while server.call(Method::GET, "/health/ready").await.status != 503 {
        assert!(watch.elapsed() < NOTICED, "readiness does not notice the pooler");
        // A lookup opens the second connection, which gets the process of the first one.
        let _ = server.login(ALICE, PASSWORD).await;
        pause(Duration::from_millis(200)).await;
    }
    assert!(server.process.logs(&["POSTGRES__POOLER"]).await, "the log does not name the setting");
}

// S-95
#[tokio::test]
#[ignore = "needs PgBouncer"]
async fn a_rejected_parameter_of_the_url_is_an_error_by_name() {
    let pooler = PgBouncer::start(PostgresServer::shared(), "session");
    let installation = behind(&pooler, Installation::on(Stores::servers()));
    let url = format!("{}?options=-c%20search_path%3Dpublic", installation.setting("POSTGRES__URL"));
    let report = installation.set("POSTGRES__URL", &url).cli(&["doctor"], "").await;
    assert!(!report.status.success(), "{}", report.stdout);
    for part in ["POSTGRES__URL", "options", "ignore_startup_parameters", "POSTGRES__POOLER"] {
        assert!(report.stdout.contains(part), "{part}: {}", report.stdout);
    }
}

// S-98
#[tokio::test]
#[ignore = "needs PgBouncer"]
async fn a_rotated_password_of_a_pooler_costs_no_request() {
    let pooler = PgBouncer::start(PostgresServer::shared(), "session");
    let installation = behind(&pooler, Installation::on(Stores::servers())).with_user(ALICE).await;
    let own = installation.setting("POSTGRES__URL").to_owned();
    let path = installation.folder().join("url");
    let write = |password: &str| {
        fs::write(&path, own.replace("hooksentry@", &format!("hooksentry:{password}@"))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        pooler.restart_with_password(password);
    };
    write("first");
    let server = Server::start_on(installation.set("POSTGRES__URL_FILE", &path.to_string_lossy())).await;
    server.log_in(ALICE).await;
    write("second");
    server.log_in(ALICE).await;
    let parts = ["secrets_reloaded", "rejected_credentials", "POSTGRES__URL"];
    assert!(server.process.logs(&parts).await, "{}", server.process.stderr());
}
