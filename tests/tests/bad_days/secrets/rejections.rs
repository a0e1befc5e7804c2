//! New secrets that cannot be used, and SIGHUPs at any time.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Installation, Server, Signal, Stores};

use super::files::{path, reload, replace, set_file, write};

const FIRST: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
const SECOND: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
const ADMIN: &str = "uW3vYb8qLx0rT5nZc7sKd1fGh4jPm9eQ";

/// Sends SIGHUP, and asserts that the secrets are rejected by a message with all of `parts`.
async fn assert_rejected(server: &mut Server, parts: &[&str]) {
    server.process.signal(Signal::HUP);
    let event = ["secrets_rejected", r#""level":"ERROR""#, r#""reason":"signal""#];
    assert!(server.process.logs(&[&event, parts].concat()).await, "{parts:?}: {}", server.process.stderr());
    assert!(server.process.is_running());
}

// S-98
#[tokio::test]
async fn unusable_secrets_are_rejected_by_name_and_none_is_used() {
    let installation = set_file(Installation::embedded().with_admin(), "JWT__KEY", FIRST);
    let installation = set_file(installation, "ADMIN__SECRET", ADMIN);
    let mut server = Server::start_on(installation.with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;

    replace(&server, "JWT__KEY", "too short");
    assert_rejected(&mut server, &["JWT__KEY", "32 bytes"]).await;
    // The new admin secret alone could be used, and the new key, too.
    replace(&server, "JWT__KEY", SECOND);
    replace(&server, "ADMIN__SECRET", SECOND);
    assert_rejected(&mut server, &["ADMIN__SECRET", "another secret"]).await;
    replace(&server, "ADMIN__SECRET", ADMIN);
    let key = path(&server.installation, "jwt__key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o666)).unwrap();
    assert_rejected(&mut server, &["JWT__KEY_FILE: ", "chmod go-w"]).await;
    fs::remove_file(&key).unwrap();
    assert_rejected(&mut server, &["JWT__KEY_FILE: ", "cannot be read"]).await;
    assert!(!server.process.stderr().contains(SECOND));

    // Still the first key: it signs, and the token that it has signed before is accepted.
    assert_eq!(server.me(&tokens.access).await.status, 200);
    replace(&server, "JWT__KEY", FIRST);
    server.process.signal(Signal::HUP);
    assert!(server.process.logs(&["secrets_reloaded", r#""settings":"-""#]).await);
    assert_eq!(server.me(&tokens.access).await.status, 200);
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn password_that_the_server_rejects_does_not_replace_one_that_works() {
    let installation = Installation::on(Stores::own_servers()).with_user(ALICE).await;
    let key = installation.setting("JWT__KEY").to_owned();
    let servers = installation.servers();
    servers.redis_cli(&["ACL", "SETUSER", "auth", "reset", "on", ">first", "~*", "&*", "+@all"]);
    let own = installation.setting("REDIS__URL").to_owned();
    let url = |password: &str| own.replace("redis://", &format!("redis://auth:{password}@"));
    let installation = set_file(installation, "REDIS__URL", &url("first"));
    let mut server = Server::start_on(set_file(installation, "JWT__KEY", &key)).await;
    let tokens = server.log_in(ALICE).await;
    replace(&server, "REDIS__URL", &url("mistyped"));
    replace(&server, "JWT__KEY", FIRST);
    assert_rejected(&mut server, &["REDIS__URL: "]).await;
    assert!(!server.process.stderr().contains("mistyped"));
    server.installation.servers().redis_cli(&["CLIENT", "KILL", "USER", "auth"]);
    server.log_in(ALICE).await;
    assert_eq!(server.me(&tokens.access).await.status, 200);
}

// S-98
#[tokio::test]
async fn files_that_an_orchestrator_swaps_by_a_symbolic_link_are_used() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let folder = installation.folder().to_owned();
    for (version, key) in [("first", FIRST), ("second", SECOND)] {
        fs::create_dir(folder.join(version)).unwrap();
        write(&installation, &format!("{version}/key"), key);
    }
    symlink("first", folder.join("..data")).unwrap();
    symlink("..data/key", folder.join("key")).unwrap();
    let installation = installation.set("JWT__KEY_FILE", &folder.join("key").to_string_lossy());
    let server = Server::start_on(installation).await;
    let tokens = server.log_in(ALICE).await;
    symlink("second", folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    reload(&server, "JWT__KEY").await;
    server.me(&tokens.access).await.expect_error(401, "invalid_token");
}

// S-98
#[tokio::test]
async fn a_hundred_sighups_end_no_request() {
    let mut server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;
    for _ in 0..100 {
        server.process.signal(Signal::HUP);
        assert_eq!(server.me(&tokens.access).await.status, 200);
    }
    assert!(server.process.is_running());
    let (_, finished) = server.stop().await;
    assert!(finished.status.success());
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn sighup_during_the_start_ends_nothing_and_is_handled_after_it() {
    let installation = Installation::on(Stores::own_servers()).with_user(ALICE).await;
    let redis = installation.servers().redis;
    redis.freeze();
    let process = installation.spawn(&["serve"], "");
    let path = format!("/proc/{}/status", process.id());
    let handles_hangups = || {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t"));
        caught.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 1 == 1)
    };
    assert!(holds_within(Duration::from_secs(10), handles_hangups).await);
    process.signal(Signal::HUP);
    redis.thaw();
    let server = Server::adopt(installation, process).await;
    assert!(server.process.logs(&["secrets_reloaded", r#""settings":"-""#]).await);
    server.log_in(ALICE).await;
}
