//! The files of the embedded store are changed, or cannot be written, while the service uses them.

use std::fs;
use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Installation, PASSWORD, Server};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::readiness::has_readiness;

/// The time within which a change of the files is noticed.
const NOTICED: Duration = Duration::from_secs(10);
/// A shell that lets a write beyond the limit of file sizes fail, in place of ending the process.
const FAILING_WRITES: [&str; 4] = ["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"];

async fn serving() -> Server {
    Server::start_on(Installation::embedded().with_user(ALICE).await).await
}

/// Nothing is written or answered, and the log names the remedy.
async fn assert_unusable(server: &Server, access: &str, remedy: &str) {
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    assert!(has_readiness(server, 503, NOTICED).await);
    server.me(access).await.expect_error(503, "service_unavailable");
    assert!(server.process.logs(&[r#""event":"unavailable""#, remedy]).await, "no line with `{remedy}`");
}

// S-96
#[tokio::test]
async fn a_store_that_was_moved_away_is_used_again_when_it_is_back() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    let (path, aside) = (server.installation.database(), server.installation.folder().join("aside"));
    fs::rename(&path, &aside).unwrap();
    assert_unusable(&server, &tokens.access, "auth.db was removed while the service uses it").await;
    fs::rename(&aside, &path).unwrap();
    assert!(has_readiness(&server, 200, NOTICED).await);
    server.refresh(&tokens.refresh).await.tokens();
    assert_eq!(server.me(&tokens.access).await.status, 200);
}

// S-96
#[tokio::test]
async fn a_replaced_store_is_used_after_a_restart() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    let path = server.installation.database();
    let copy = server.installation.folder().join("copy");
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    assert_unusable(&server, &tokens.access, "auth.db was replaced while the service uses it").await;
    let (installation, _) = server.stop().await;
    Server::start_on(installation).await.log_in(ALICE).await;
}

// S-96
#[tokio::test]
async fn a_removed_lock_of_the_server_is_noticed() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    let (lock, aside) =
        (server.installation.data_dir().join("serve.lock"), server.installation.folder().join("aside"));
    fs::rename(&lock, &aside).unwrap();
    assert_unusable(&server, &tokens.access, "serve.lock was removed or replaced while the service uses it")
        .await;
    fs::rename(&aside, &lock).unwrap();
    assert!(has_readiness(&server, 200, NOTICED).await);
    server.refresh(&tokens.refresh).await.tokens();
}

// S-96
#[tokio::test]
async fn a_store_that_was_overwritten_is_not_used() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    fs::write(server.installation.database(), vec![0; 65_536]).unwrap();
    assert_unusable(&server, &tokens.access, "restore a backup").await;
}

// S-96
#[tokio::test]
async fn a_removed_log_loses_nothing_even_if_the_process_is_killed() {
    let mut server = serving().await;
    let tokens = server.log_in(ALICE).await;
    let log = server.installation.data_dir().join("auth.db-wal");
    fs::remove_file(&log).unwrap();
    let changed = || fs::metadata(server.installation.database()).unwrap().modified().unwrap();
    let before = changed();
    assert_unusable(&server, &tokens.access, "auth.db-wal was removed or replaced").await;
    assert!(holds_within(NOTICED, || changed() != before).await, "the log is not copied");
    server.kill_and_restart().await;
    server.refresh(&tokens.refresh).await.tokens();
}

// S-96
#[tokio::test]
async fn a_store_that_cannot_be_written_is_used_again_when_it_can() {
    let installation = Installation::embedded().with_user(ALICE).await;
    let process = installation.spawn_under(&FAILING_WRITES, &["serve"]);
    let server = Server::adopt(installation, process).await;
    let tokens = server.log_in(ALICE).await;
    let former = limit_files(&server, Some(0));
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    assert!(has_readiness(&server, 503, NOTICED).await);
    server.refresh(&tokens.refresh).await.expect_error(503, "service_unavailable");
    limit_files(&server, former);
    assert!(has_readiness(&server, 200, NOTICED).await);
    server.refresh(&tokens.refresh).await.tokens();
    server.log_in(ALICE).await;
}

/// Sets the length up to which files can be written. Returns the former limit.
fn limit_files(server: &Server, current: Option<u64>) -> Option<u64> {
    let id = i32::try_from(server.process.id()).ok().and_then(Pid::from_raw);
    let former = prlimit(id, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    former.current
}
