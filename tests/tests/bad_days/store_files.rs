//! The files of the embedded store are changed while the service uses them.

use std::fs;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, Server};

use crate::readiness::has_readiness;

/// The time within which a change of the files is noticed.
const NOTICED: Duration = Duration::from_secs(10);

// S-96
#[tokio::test]
async fn a_removed_store_is_not_ready() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    assert!(has_readiness(&server, 200, NOTICED).await);
    fs::remove_file(server.installation.database()).unwrap();
    assert!(has_readiness(&server, 503, NOTICED).await);
}
