//! The first start on an empty data directory: a bootstrap owner, printed once, with commands that work.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, holds_within};
use auth_e2e::{ALICE, Installation, PASSWORD, Process, Server, Tokens, jwt};
use serde_json::Value;

const OWNER: &str = "owner@example.com";
/// The path of the last printed command.
const LAST_CALL: &str = "/api/v1/auth/logout";
const LIMIT: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);
/// Long enough to show that a process waits for a lock.
const WAITING: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_three_printed_commands_work() {
    let server = Server::start_on(Installation::embedded()).await;
    let banner = server.process.prints(LAST_CALL).await;
    assert!(banner.contains(OWNER), "{banner}");
    let (_, calls) = banner.split_once("\n\nLOGIN=").unwrap_or_default();
    let calls = format!("LOGIN={calls}");
    assert_eq!(calls.matches("curl ").count(), 3, "{banner}");
    // A command line is visible to every process of the machine; a here-document is not.
    let password = password(&banner);
    assert!(
        calls.lines().filter(|line| line.contains("curl")).all(|line| !line.contains(&password)),
        "{banner}"
    );

    let output = paste(&calls).await;
    let is_status = |line: &&str| line.len() == 3 && line.bytes().all(|byte| byte.is_ascii_digit());
    let statuses: Vec<_> = output.lines().filter(is_status).collect();
    assert_eq!(statuses, ["200", "200", "204"], "{output}");

    let answers = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let pairs: Vec<_> = answers
        .filter_map(|answer| {
            Some(Tokens { access: text(&answer["accessToken"])?, refresh: text(&answer["refreshToken"])? })
        })
        .collect();
    assert_eq!(pairs.len(), 2, "{output}");
    assert_eq!(jwt::claims(&pairs[0].access)["role"], "Owner");
    for pair in &pairs {
        server.expect_dead(&pair.refresh).await;
        assert!(!server.access_token_is_alive(&pair.access).await, "logout revoked it");
    }
}

#[tokio::test]
async fn the_second_start_prints_no_password() {
    let server = Server::start_on(Installation::embedded()).await;
    let banner = server.process.prints(LAST_CALL).await;
    let password = password(&banner);
    assert!(password.len() >= 15);
    // The account, the command that changes its password, and the login.
    assert_eq!(banner.matches(OWNER).count(), 3, "{banner}");
    assert!(
        banner.contains(&format!("hooksentry-auth user set-password {OWNER} --password-stdin")),
        "{banner}"
    );
    server.login(OWNER, &password).await.tokens();
    let (installation, first) = server.stop().await;
    assert!(!first.stderr.contains(&password), "the password is in the log");

    let server = Server::start_on(installation).await;
    server.login(OWNER, &password).await.tokens();
    let (_, second) = server.stop().await;
    assert_eq!(second.stdout, "");
    assert!(!second.stderr.contains(&password));
}

#[tokio::test]
async fn the_embedded_store_is_ready_within_a_second() {
    let (mut installation, _) = Server::start_on(Installation::embedded()).await.stop().await;
    let mut fastest = LIMIT;
    // A release build needs a tenth of it. One such start is enough, because other tests may run meanwhile.
    for _ in 0..20 {
        let watch = Stopwatch::start();
        let server = Server::start_on(installation).await;
        fastest = fastest.min(watch.elapsed());
        if fastest < SECOND {
            break;
        }
        installation = server.stop().await.0;
    }
    assert!(fastest < SECOND, "{fastest:?}");
}

#[tokio::test]
async fn every_installation_has_a_password_of_its_own() {
    let (one, other) =
        tokio::join!(Server::start_on(Installation::embedded()), Server::start_on(Installation::embedded()));
    let (one, other) = (one.process.prints(LAST_CALL).await, other.process.prints(LAST_CALL).await);
    assert_ne!(password(&one), password(&other));
}

// S-25
#[tokio::test]
async fn no_bootstrap_owner_is_created_if_a_user_exists() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    server.login(OWNER, PASSWORD).await.expect_error(401, "invalid_credentials");
    let users = server.cli(&["user", "list"]).await.expect_success();
    assert!(users.contains(ALICE) && !users.contains(OWNER), "{users}");
    let (_, finished) = server.stop().await;
    assert_eq!(finished.stdout, "");
}

#[tokio::test]
async fn the_data_directory_and_its_files_are_private() {
    let server = Server::start_on(Installation::embedded()).await;
    let folder = server.installation.data_dir();
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

// S-25
#[tokio::test]
async fn user_create_and_a_first_start_wait_for_each_other() {
    let installation = Installation::embedded().migrated().await;
    let lock = File::options().write(true).open(installation.data_dir().join("setup.lock")).unwrap();
    lock.lock().unwrap();
    // A first start is in progress: it has found no user.
    let create = ["user", "create", "--email", ALICE, "--password-stdin"];
    let mut creating = installation.spawn(&create, PASSWORD);
    assert!(!holds_within(WAITING, || !creating.is_running()).await, "{}", creating.stderr());
    drop(lock);
    creating.finish(LIMIT).await.expect_success();

    let lock = File::options().write(true).open(installation.data_dir().join("setup.lock")).unwrap();
    lock.lock().unwrap();
    // A user is being created: the server waits with its search for users.
    let mut serving = installation.spawn(&["serve"], "");
    assert!(!holds_within(WAITING, || !serving.is_running() || !serving.stdout().is_empty()).await);
    drop(lock);
    let server = Server::adopt(installation, serving).await;
    server.log_in(ALICE).await;
    let users = server.cli(&["user", "list"]).await.expect_success();
    assert!(!users.contains(OWNER), "{users}");
}

// S-25
#[tokio::test]
async fn a_lost_key_of_a_store_is_not_replaced() {
    let (installation, _) =
        Server::start_on(Installation::embedded().with_user(ALICE).await).await.stop().await;
    let key = installation.data_dir().join("jwt.key");
    let saved = installation.folder().join("backup.key");
    fs::rename(&key, &saved).unwrap();
    for command in [&["serve"][..], &["migrate"], &["user", "list"]] {
        let message = installation.cli(command, "").await.expect_failure();
        assert!(
            message.contains("jwt.key") && message.contains("restore") && message.contains("openssl"),
            "{message}"
        );
        assert!(!key.exists(), "{command:?}");
    }
    fs::rename(&saved, &key).unwrap();
    Server::start_on(installation).await.log_in(ALICE).await;
}

// S-40
#[tokio::test]
async fn a_key_or_data_directory_that_others_can_read_is_rejected() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let (folder, key) = (installation.data_dir(), installation.data_dir().join("jwt.key"));
    for (path, open, closed, remedy) in
        [(&key, 0o644, 0o600, "chmod 600"), (&folder, 0o755, 0o700, "chmod 700")]
    {
        fs::set_permissions(path, Permissions::from_mode(open)).unwrap();
        for command in [&["serve"][..], &["user", "list"]] {
            let message = installation.cli(command, "").await.expect_failure();
            assert!(message.contains(remedy), "{message}");
        }
        fs::set_permissions(path, Permissions::from_mode(closed)).unwrap();
    }
    Server::start_on(installation).await.log_in(ALICE).await;
}

#[tokio::test]
async fn without_a_command_the_program_serves() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let process = installation.spawn(&[], "");
    Server::adopt(installation, process).await.log_in(ALICE).await;
}

/// Runs lines in a shell.
async fn paste(lines: &str) -> String {
    let mut shell = Command::new("bash");
    shell.args(["-c", lines]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        shell.env_remove(name);
    }
    let finished = Process::spawn(&mut shell, "").finish(LIMIT).await;
    assert!(!finished.stderr.contains("not found"), "install curl: {}", finished.stderr);
    finished.expect_success()
}

fn password(banner: &str) -> String {
    let line = banner.lines().find_map(|line| line.trim().strip_prefix("password"));
    line.unwrap_or_default().trim().to_owned()
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777)
}
