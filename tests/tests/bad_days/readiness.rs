//! Waiting for a state of `/health/ready`, whose result is reused for half a second.

use std::time::Duration;

use auth_e2e::Server;
use auth_e2e::clock::{Stopwatch, pause};
use reqwest::Method;

/// Returns whether readiness has this status within `limit`.
pub(crate) async fn has_readiness(server: &Server, status: u16, limit: Duration) -> bool {
    let watch = Stopwatch::start();
    while server.call(Method::GET, "/health/ready").await.status != status {
        if watch.elapsed() > limit {
            return false;
        }
        pause(Duration::from_millis(50)).await;
    }
    true
}
