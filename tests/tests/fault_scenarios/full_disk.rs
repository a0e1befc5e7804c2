//! The disk of the embedded store is full.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use auth_e2e::reliability::Fault;
use auth_e2e::{Installation, Server};
use auth_testkit::servers::SmallDisk;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::scenario::{Effect, with_users, withstands};

const FULL: Duration = Duration::from_millis(1_200);

/// Another program reads the store for as long as the returned connection is open, so that the write-ahead log grows with each
/// commit. Otherwise commits overwrite the log and need no space.
fn reader(server: &Server) -> SqliteConnection {
    let path = server.installation.database();
    // The file system is in the mount namespace of the server.
    let path = format!("/proc/{}/root{}", server.process.id(), path.display());
    let mut reader = SqliteConnection::establish(&path).unwrap();
    reader.batch_execute("BEGIN; SELECT count(*) FROM users").unwrap();
    reader
}

// S-96
#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a file system: run by `just interop`"]
async fn a_full_disk_under_load_is_an_outage_and_loses_nothing() {
    let installation = with_users(Installation::embedded()).await;
    let disk = SmallDisk::new(&installation.data_dir(), "4m");
    let process = installation.spawn_under(&disk.wrapper(), &["serve"]);
    let server = Server::adopt(installation, process).await;
    let id = server.process.id();
    let begin = async || {
        let reader = reader(&server);
        disk.fill(id);
        reader
    };
    let end = async |reader| {
        disk.empty(id);
        drop(reader);
    };
    withstands(&server, Fault::EmbeddedDiskFull, Effect::Outage, FULL, begin, end).await;
}
