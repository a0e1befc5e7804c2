//! What the admin listener answers: metrics, and the platform's way to end sessions.

mod end_sessions;
mod metrics;
mod wrong_secrets;

#[cfg(test)]
mod tests;

use actix_web::web::{self, ServiceConfig};

use super::endpoint::{endpoint, read};
pub(super) use end_sessions::SessionsNotEnded;
pub(super) use wrong_secrets::WrongSecret;
pub(crate) use wrong_secrets::WrongSecrets;

/// Its routes; without a secret nobody could prove to be the platform, so there is no way to end sessions.
pub(super) fn configure(service: &mut ServiceConfig, has_secret: bool) {
    service.service(endpoint("/metrics", "GET, HEAD", read().to(metrics::metrics)));
    if has_secret {
        let end_sessions = web::post().to(end_sessions::end_sessions);
        service.service(endpoint("/users/{id}/end-sessions", "POST", end_sessions));
    }
}
