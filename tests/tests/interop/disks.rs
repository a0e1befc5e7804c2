//! The disk of the embedded store is full, or hidden by another mount.
//!
//! The data directory is a small file system in memory, in a mount namespace of the server. It ends with the server.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, PASSWORD, Server};
use auth_testkit::servers::SmallDisk;
use reqwest::Method;

const NOTICED: Duration = Duration::from_secs(10);

/// Starts a server whose data directory is a file system of 2 MiB. Only root can mount it.
async fn serving() -> (Server, SmallDisk) {
    let installation = Installation::embedded().with_user(ALICE).await;
    let disk = SmallDisk::new(&installation.data_dir(), "2m");
    let process = installation.spawn_under(&disk.wrapper(), &["serve"]);
    (Server::adopt(installation, process).await, disk)
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
    let (server, disk) = serving().await;
    let tokens = server.log_in(ALICE).await;
    disk.fill(server.process.id());
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    // Meanwhile a write may succeed: when the log has been copied, it is overwritten and needs no space.
    disk.empty(server.process.id());
    expect_readiness(&server, 200).await;
    server.refresh(&tokens.refresh).await.tokens();
    server.log_in(ALICE).await;
}

// S-96
#[tokio::test]
#[ignore = "just interop runs it"]
async fn a_disk_mounted_over_the_data_directory_is_noticed() {
    let (server, disk) = serving().await;
    let tokens = server.log_in(ALICE).await;
    disk.run(server.process.id(), "mount -t tmpfs -o mode=0700 tmpfs \"$1\"");
    server.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    server.refresh(&tokens.refresh).await.expect_error(503, "service_unavailable");
    expect_readiness(&server, 503).await;
    disk.run(server.process.id(), "umount \"$1\"");
    expect_readiness(&server, 200).await;
    server.refresh(&tokens.refresh).await.tokens();
    server.log_in(ALICE).await;
}
