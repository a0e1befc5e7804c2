//! The routes of the admin listener: metrics, and ending sessions for the HookSentry platform.

mod end_sessions;
mod metrics;

#[cfg(test)]
mod tests;

use actix_web::web::{self, ServiceConfig};

use super::endpoint::{endpoint, read};

/// Sets up the routes. Without a secret, no client could prove to be the HookSentry platform, so no route ends sessions.
pub(super) fn configure(service: &mut ServiceConfig, has_secret: bool) {
    service.service(endpoint("/metrics", "GET, HEAD", read().to(metrics::metrics)));
    if has_secret {
        let end_sessions = web::post().to(end_sessions::end_sessions);
        service.service(endpoint("/users/{id}/end-sessions", "POST", end_sessions));
    }
}
