//! The routes of the API, one file per endpoint. A handler only translates.

pub(super) mod health;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod me;
pub(super) mod refresh;
pub(super) mod verify;

#[cfg(test)]
mod tests;

use actix_web::web::{self, ServiceConfig};

use super::endpoint::{endpoint, read};
use super::paths;
pub(crate) use health::ReadinessDetails;
pub(crate) use logout::StrictVerifier;

/// Sets up the routes.
pub(super) fn configure(service: &mut ServiceConfig) {
    service
        .service(endpoint(paths::LOGIN, "POST", web::post().to(login::login)))
        .service(endpoint(paths::REFRESH, "POST", web::post().to(refresh::refresh)))
        .service(endpoint(paths::LOGOUT, "POST", web::post().to(logout::logout)))
        .service(endpoint("/api/v1/auth/me", "GET, HEAD", read().to(me::me)))
        .service(endpoint(paths::VERIFY, "GET, HEAD", read().to(verify::verify)))
        .service(endpoint("/health", "GET, HEAD", read().to(health::live)))
        .service(endpoint("/health/ready", "GET, HEAD", read().to(health::ready)));
}
