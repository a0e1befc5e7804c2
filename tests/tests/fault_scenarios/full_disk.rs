//! The disk of the embedded store is full.

use std::time::Duration;

use auth_e2e::reliability::Fault;
use auth_e2e::{Installation, Server};
use auth_testkit::servers::SmallDisk;

use crate::scenario::{Effect, with_users, withstands};

const FULL: Duration = Duration::from_millis(1_200);

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_load_is_an_outage_and_loses_nothing() {
    let installation = with_users(Installation::embedded()).await;
    let disk = SmallDisk::new(&installation.data_dir(), "2m");
    let process = installation.spawn_under(&disk.wrapper(), &["serve"]);
    let server = Server::adopt(installation, process).await;
    let id = server.process.id();
    let (begin, end) = (async || disk.fill(id), async |()| disk.empty(id));
    withstands(&server, Fault::EmbeddedDiskFull, Effect::Outage, FULL, begin, end).await;
}
