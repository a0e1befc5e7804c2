//! The first start on an empty data directory: an owner, printed once, with calls that work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Process, Server, Tokens, jwt};
use serde_json::Value;

const OWNER: &str = "owner@example.com";
/// The last of the three printed calls goes here.
const LAST_CALL: &str = "/api/v1/auth/logout";
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_three_printed_calls_work_as_they_are() {
    let server = Server::start_on(Installation::embedded()).await;
    let banner = server.process.prints(LAST_CALL).await;
    assert!(banner.contains(OWNER), "{banner}");
    let calls: Vec<_> = banner.lines().filter(|line| line.contains("curl ")).collect();
    assert_eq!(calls.len(), 3, "{banner}");

    let output = paste(&calls.join("\n")).await;
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
    assert_eq!(banner.matches(OWNER).count(), 2, "{banner}");
    server.login(OWNER, &password).await.tokens();
    let (installation, first) = server.stop().await;
    assert!(!first.stderr.contains(&password), "it never goes through the log");

    let server = Server::start_on(installation).await;
    server.login(OWNER, &password).await.tokens();
    let (_, second) = server.stop().await;
    assert_eq!(second.stdout, "");
    assert!(!second.stderr.contains(&password));
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
async fn no_owner_is_made_where_there_is_a_user() {
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

#[tokio::test]
async fn serving_is_what_the_program_does_without_a_command() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let process = installation.spawn(&[], "");
    Server::adopt(installation, process).await.log_in(ALICE).await;
}

/// Runs lines as if they were pasted into a shell.
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
