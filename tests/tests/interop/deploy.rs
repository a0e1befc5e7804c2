//! The files of `deploy/`, checked by the programs that read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use auth_e2e::documents::with_changes;
use auth_e2e::{ALICE, Installation, Process, Server};
use auth_testkit::servers::{PostgresServer, RedisServer, haproxy_program};

use crate::programs::{expect_success, installed};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");
const MANIFESTS: usize = 7;

// S-87
#[tokio::test]
#[ignore = "needs systemd-analyze: run by `just interop`"]
async fn systemd_rates_the_unit_as_little_exposed() {
    let unit = format!("{FOLDER}/systemd/hooksentry-auth.service");
    // The threshold is in tenths: an exposure of 2.0.
    expect_success(analyze().args(["security", "--offline=true", "--threshold=20", &unit])).await;
    let none = with_changes(&read("systemd/hooksentry-auth.service"), &[("NoNewPrivileges=yes", "")]);
    let folder = tempfile::tempdir().expect("a folder");
    let weaker = folder.path().join("hooksentry-auth.service");
    let without_filters: String = none
        .lines()
        .filter(|line| !line.starts_with("SystemCall"))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(&weaker, without_filters).expect("a writable folder");
    let mut command = analyze();
    command.args(["security", "--offline=true", "--threshold=20"]).arg(&weaker);
    let finished = Process::spawn(&mut command, "").finish(std::time::Duration::from_mins(1)).await;
    assert!(!finished.status.success(), "a unit without filters passes");
}

#[tokio::test]
#[ignore = "needs systemd-analyze: run by `just interop`"]
async fn systemd_accepts_every_line_of_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("hooksentry-auth.service");
    // The program need not be installed.
    let text =
        with_changes(&read("systemd/hooksentry-auth.service"), &[("/usr/bin/hooksentry-auth", "/bin/true")]);
    fs::write(&unit, text).expect("a writable folder");
    let mut command = analyze();
    command.args(["verify", "--man=no", "--recursive-errors=no"]).arg(&unit);
    expect_success(&mut command).await;
}

#[tokio::test]
#[ignore = "needs kubernetes-validate: run by `just interop`"]
async fn kubernetes_manifests_are_valid() {
    let manifests = manifests();
    assert_eq!(manifests.len(), MANIFESTS);
    let mut command = Command::new(installed(".venv/bin/kubernetes-validate"));
    expect_success(command.arg("--strict").args(manifests)).await;
}

#[tokio::test]
#[ignore = "needs check-jsonschema: run by `just interop`"]
async fn the_compose_file_is_valid() {
    let mut command = Command::new(installed(".venv/bin/check-jsonschema"));
    command.args(["--builtin-schema", "vendor.compose-spec"]).arg(format!("{FOLDER}/compose.yaml"));
    expect_success(&mut command).await;
}

#[tokio::test]
#[ignore = "needs haproxy: run by `just interop`"]
async fn haproxy_accepts_its_configuration() {
    let mut command = Command::new(haproxy_program());
    expect_success(command.args(["-c", "-f"]).arg(format!("{FOLDER}/haproxy/haproxy.cfg"))).await;
}

// S-87
#[tokio::test]
#[ignore = "needs psql and openssl: run by `just interop`"]
async fn stores_of_the_compose_file_lead_to_a_login() {
    let folder = tempfile::tempdir().expect("a folder");
    let secrets = folder.path().join("secrets");
    let mut create_secrets = Command::new(format!("{FOLDER}/create-secrets"));
    expect_success(create_secrets.arg(&secrets)).await;
    let first = fs::read(secrets.join("jwt-key")).expect("a secret");
    expect_success(&mut create_secrets).await;
    assert_eq!(fs::read(secrets.join("jwt-key")).expect("a secret"), first, "a repetition changes nothing");
    let secret = |name: &str| fs::read_to_string(secrets.join(name)).expect("a secret").trim_end().to_owned();

    let redis = start_redis(folder.path(), &secrets);
    let postgres = PostgresServer::start();
    let superuser = postgres.database().url();
    let (superuser, _) = superuser.rsplit_once('/').expect("a database");
    let superuser_name = superuser.trim_start_matches("postgres://").split('@').next().expect("a name");
    let mut roles = Command::new("sh");
    roles.arg(format!("{FOLDER}/postgres/roles.sh")).env("SECRETS", &secrets);
    roles.env("POSTGRES_USER", superuser_name).env("PGHOST", "127.0.0.1");
    expect_success(roles.env("PGPORT", postgres.port().to_string())).await;
    postgres.require_passwords();

    let here = format!("@127.0.0.1:{}/", postgres.port());
    let [owner, service] =
        ["postgres-owner-url", "postgres-url"].map(|name| secret(name).replace("@postgres/", &here));
    let installation = Installation::embedded()
        .set("CREDENTIALS__BACKEND", "postgres")
        .set("TOKENS__BACKEND", "redis")
        .set(
            "REDIS__URL",
            &secret("redis-url").replace("@redis:6379", &format!("@127.0.0.1:{}", redis.port())),
        )
        .set("JWT__KEY", &secret("jwt-key"))
        .with_admin()
        .set("ADMIN__SECRET", &secret("admin"));
    let installation = installation.set("POSTGRES__URL", &owner);
    installation.cli(&["migrate"], "").await.expect_success();
    let grants = format!("{FOLDER}/postgres/grants.sql");
    expect_success(Command::new("psql").args(["--set", "ON_ERROR_STOP=1", "--file", &grants, &owner])).await;

    let installation = installation.set("POSTGRES__URL", &service).with_user(ALICE).await;
    let checks = installation.cli(&["doctor"], "").await.expect_success();
    assert!(checks.contains("warnings: 0, errors: 0"), "{checks}");
    let server = Server::start_on(installation).await;
    server.log_in(ALICE).await;
    server.cli(&["healthcheck"]).await.expect_success();
}

/// Starts Redis with the configuration and the users of the compose file.
fn start_redis(folder: &Path, secrets: &Path) -> RedisServer {
    let users = secrets.join("redis-users");
    let data = folder.join("redis");
    fs::create_dir(&data).expect("a folder");
    let (users, data) = (users.to_string_lossy(), data.to_string_lossy());
    let changes = [("/run/secrets/redis-users", &*users), ("dir /data", &*format!("dir {data}"))];
    let configuration = folder.join("redis.conf");
    fs::write(&configuration, with_changes(&read("redis/redis.conf"), &changes)).expect("a writable folder");
    RedisServer::start_with(&["--include", &configuration.to_string_lossy()])
}

fn analyze() -> Command {
    Command::new("systemd-analyze")
}

fn manifests() -> Vec<PathBuf> {
    let files = fs::read_dir(format!("{FOLDER}/kubernetes")).expect("the folder of manifests");
    let paths = files.map(|file| file.expect("an entry").path());
    // These kinds are of kustomize and of the Prometheus operator.
    let others = ["kustomization.yaml", "pod-monitor.yaml"];
    paths.filter(|path| !others.iter().any(|other| path.ends_with(other))).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(format!("{FOLDER}/{name}")).expect("a file of deploy")
}
