//! The disk of the embedded store is full, or hidden by another mount.
//!
//! The data directory is a small file system in memory, in a mount namespace of the server. It ends with the server.

use std::process::Command;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, PASSWORD, Server};
use reqwest::Method;

use crate::programs::expect_success;

/// Mounts 2 MiB in place of the data directory, which is copied there, and starts the program.
const MOUNT: &str = r#"
    cp -a data copy
    mount -t tmpfs -o size=2m,mode=0700 tmpfs data
    cp -a copy/. data/
    exec "$@"
"#;
const NOTICED: Duration = Duration::from_secs(10);

/// Starts a server whose data directory is a file system of its own. Only root can mount it.
async fn serving() -> Server {
    let installation = Installation::embedded().with_user(ALICE).await;
    let process = installation.spawn_under(&["unshare", "--mount", "sh", "-euc", MOUNT, "sh"], &["serve"]);
    Server::adopt(installation, process).await
}

/// Runs a script in the mount namespace of the server.
async fn run(server: &Server, script: &str) {
    let (id, data) = (server.process.id().to_string(), server.installation.data_dir());
    let mut command = Command::new("nsenter");
    command.args(["--mount", "--target", &id, "sh", "-euc", script, "sh"]).arg(data);
    expect_success(&mut command).await;
}

async fn expect_readiness(server: &Server, status: u16) {
    let watch = Stopwatch::start();
    while server.call(Method::GET, "/health/ready").await.status != status {
        assert!(watch.elapsed() < NOTICED, "readiness is not {status}");
        pause(Duration::from_millis(50)).await;
    }
}

// S-96
#[tokio::test]
#[ignore = "just interop runs it"]
async fn a_full_disk_is_used_again_when_it_has_space() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    run(&server, "dd if=/dev/zero of=\"$1/fill\" bs=4096 2>/dev/null || true").await;
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    // Meanwhile a write may succeed: when the log has been copied, it is overwritten and needs no space.
    run(&server, "rm \"$1/fill\"").await;
    expect_readiness(&server, 200).await;
    server.refresh(&tokens.refresh).await.tokens();
    server.log_in(ALICE).await;
}

// S-96
#[tokio::test]
#[ignore = "just interop runs it"]
async fn a_disk_mounted_over_the_data_directory_is_noticed() {
    let server = serving().await;
    let tokens = server.log_in(ALICE).await;
    run(&server, "mount -t tmpfs -o mode=0700 tmpfs \"$1\"").await;
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    server.refresh(&tokens.refresh).await.expect_error(503, "service_unavailable");
    expect_readiness(&server, 503).await;
    run(&server, "umount \"$1\"").await;
    expect_readiness(&server, 200).await;
    server.refresh(&tokens.refresh).await.tokens();
    server.log_in(ALICE).await;
}
