//! Waiting for a state of `/health/ready`, whose result is reused for half a second.

use std::time::Duration;

use auth_e2e::Server;
use auth_e2e::clock::{Stopwatch, in_time, pause};
use reqwest::Method;

/// Returns whether readiness has this status within `limit`, or somewhat later on a busy machine.
pub(crate) async fn has_readiness(server: &Server, status: u16, limit: Duration) -> bool {
    let watch = Stopwatch::start();
    while server.call(Method::GET, "/health/ready").await.status != status {
        if watch.elapsed() > in_time(limit) {
            return false;
        }
        pause(Duration::from_millis(50)).await;
    }
    true
}
