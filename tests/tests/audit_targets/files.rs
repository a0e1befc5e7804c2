//! The file of the audit stream.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::time::Duration;

use auth_e2e::audit::{FILE, audited, client, expect, of, path, records};
use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Installation, Server, Signal};

const LIMIT: Duration = Duration::from_secs(15);

// S-85
#[tokio::test]
async fn a_file_that_was_moved_is_created_again_at_sighup() {
    let server = Server::start_on(audited(Installation::new()).with_user(ALICE).await).await;
    server.log_in(ALICE).await;
    expect(&server.installation, "login_succeeded", 1).await;
    let file = path(&server.installation);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::rename(&file, file.with_extension("1")).unwrap();
    server.process.signal(Signal::HUP);
    assert!(holds_within(LIMIT, || file.exists()).await, "it is there before the next event");
    server.log_in(ALICE).await;
    let (installation, _) = server.stop().await;
    assert_eq!(of(&records(&installation), "login_succeeded").len(), 1);
    let moved = fs::read_to_string(file.with_extension("1")).unwrap();
    assert_eq!(moved.matches("\"login_succeeded\"").count(), 1);
}

// S-85
#[tokio::test]
async fn a_link_and_a_file_that_others_can_write_keep_the_server_from_starting() {
    let installation = audited(Installation::new().with_user(ALICE).await);
    symlink("elsewhere", path(&installation)).unwrap();
    assert!(installation.rejects_to_serve().await.contains("symbolic link"));
    assert!(!installation.folder().join("elsewhere").exists());
    fs::remove_file(path(&installation)).unwrap();
    fs::write(path(&installation), "").unwrap();
    fs::set_permissions(path(&installation), Permissions::from_mode(0o666)).unwrap();
    assert!(installation.rejects_to_serve().await.contains("chmod go-w"));
}

// S-95
#[tokio::test]
async fn target_and_file_belong_together() {
    let without_file = Installation::new().set("AUDIT__TARGET", "file");
    assert!(without_file.rejects_to_serve().await.contains("HOOKSENTRY_AUTH__AUDIT__FILE: it is missing"));
    for target in ["off", "stdout"] {
        let unused = Installation::new().set("AUDIT__TARGET", target).set("AUDIT__FILE", FILE);
        assert!(unused.rejects_to_serve().await.contains("HOOKSENTRY_AUTH__AUDIT__FILE: it has no effect"));
    }
}

// S-85
#[tokio::test]
async fn a_killed_server_leaves_whole_lines() {
    let installation = audited(Installation::new()).set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
    let mut server = Server::start_on(installation.with_user(ALICE).await).await;
    for round in 1..=3 {
        let api = server.api();
        let load = tokio::spawn(async move {
            // Each address has a record of its own for ten rejections in a minute.
            for number in 0..u32::MAX {
                let client = client(number / 10);
                let Ok(reply) = api.with_header("x-forwarded-for", &client).try_refresh("no token").await
                else {
                    break;
                };
                assert_eq!(reply.status, 401);
            }
        });
        let failed = || of(&records(&server.installation), "refresh_failed").len();
        assert!(holds_within(LIMIT, || failed() >= 20 * round).await);
        server.kill_and_restart().await;
        load.abort();
    }
    let (installation, _) = server.stop().await;
    let text = fs::read_to_string(path(&installation)).unwrap();
    assert!(text.ends_with('\n'));
    // Each line is parsed and validated.
    assert_eq!(of(&records(&installation), "started").len(), 4);
}

// S-83, S-93
#[tokio::test]
async fn standard_output_with_the_audit_stream_gets_no_password() {
    let installation = Installation::new().set("AUDIT__TARGET", "stdout");
    let process = installation.spawn_into(&["serve"], "", Stdio::piped(), Stdio::piped());
    let server = Server::adopt(installation, process).await;
    let (_, finished) = server.stop().await;
    assert!(finished.stderr.contains("bootstrap_owner_skipped"), "{}", finished.stderr);
    assert!(finished.stdout.lines().all(|line| line.starts_with('{')), "{}", finished.stdout);
}
