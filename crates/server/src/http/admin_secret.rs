//! The secret of the admin listener.

use std::sync::Arc;

use actix_web::{Error, HttpRequest};
use arc_swap::ArcSwap;
use auth_domain::ports::Clock;
use auth_verifier::{AuthError, bearer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::ApiError;
use super::events;
use super::request_state::RequestState;
use super::wrong_secrets::WrongSecrets;
use crate::config::Secret;

/// The secret, and the wrong ones that were presented.
pub(crate) struct AdminSecret {
    /// A reload replaces it.
    secret: Arc<ArcSwap<Secret>>,
    wrong: WrongSecrets,
    clock: Arc<dyn Clock>,
}

impl AdminSecret {
    /// Begins without wrong secrets.
    pub(crate) fn new(secret: Arc<ArcSwap<Secret>>, clock: Arc<dyn Clock>) -> Self {
        Self { secret, wrong: WrongSecrets::default(), clock }
    }

    /// Accepts a request that presents the secret as its bearer token.
    ///
    /// The right secret is never limited: guessing it takes 2^96 attempts, and an attacker must not lock out the HookSentry platform
    /// (S-92).
    ///
    /// # Errors
    /// A 401, or a 429 after too many wrong secrets.
    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), Error> {
        match bearer(request.headers()) {
            Ok(presented) if is_equal(presented, self.secret.load().expose()) => return Ok(()),
            Ok(_) | Err(AuthError::InvalidToken { presented: true }) => {}
            // A request without a secret is no guess, so it is not counted.
            Err(error) => return Err(error.into()),
        }
        let client = RequestState::client(request);
        let wrong = self.wrong.count(client.address, self.clock.instant());
        events::wrong_admin_secret(&wrong, &events::source(request));
        match wrong.retry_after {
            Some(retry_after) => Err(ApiError::RateLimited(retry_after).into()),
            None => Err(AuthError::InvalidToken { presented: true }.into()),
        }
    }
}

/// Compares digests in constant time, so that the time reveals neither a matching prefix nor the length of the secret.
fn is_equal(presented: &str, secret: &str) -> bool {
    let [presented, secret] = [presented, secret].map(|text| Sha256::digest(text.as_bytes()));
    presented.as_slice().ct_eq(secret.as_slice()).into()
}
