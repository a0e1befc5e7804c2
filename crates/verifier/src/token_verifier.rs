//! Verification of the bearer token of a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::{AccessClaims, Event};
use auth_domain::ports::{Clock, start_request};
use auth_domain::use_cases::VerifyAccessToken;
use tracing::field::display;
use tracing::{Instrument, Span, debug_span, error};

use crate::auth_error::AuthError;
use crate::bearer::bearer;
use crate::caller::Caller;
use crate::rejection_log::log_rejection;

/// The timeout of a verification, which may include connecting and one repeated question to the denylist.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Verifies the bearer token of a request. A clone shares everything.
///
/// Add it to the application with `.app_data(verifier.clone())`, where [`Caller`] and
/// [`RequireRole`](crate::RequireRole) find it. The fields `user_id` and `session_id` of the current [`tracing`] span are
/// recorded if the span has them; a rejected token is logged within this span.
#[derive(Clone)]
pub struct TokenVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    verify: VerifyAccessToken,
    clock: Arc<dyn Clock>,
}

impl TokenVerifier {
    /// Makes a verifier from a use case and a clock.
    #[must_use]
    pub fn new(verify: VerifyAccessToken, clock: Arc<dyn Clock>) -> Self {
        Self { inner: Arc::new(Inner { verify, clock }) }
    }

    /// Returns the verifier of the application.
    ///
    /// # Errors
    /// [`AuthError::Internal`] if the application has none.
    pub fn of(request: &HttpRequest) -> Result<&Self, AuthError> {
        let verifier = request.app_data::<Self>();
        if verifier.is_none() {
            error!(
                event = Event::Defect.name(),
                "the application has no TokenVerifier; add .app_data(verifier.clone()) to it"
            );
        }
        verifier.ok_or(AuthError::Internal)
    }

    /// Verifies the bearer token of a request.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] if the token is missing, invalid or revoked; [`AuthError::Unavailable`] if the denylist
    /// is unreachable; [`AuthError::Internal`] if the denylist rejects this service.
    pub async fn verify(&self, request: &HttpRequest) -> Result<AccessClaims, AuthError> {
        let token = bearer(request.headers())?;
        let request_time = start_request(&*self.inner.clock, TIMEOUT);
        let verifying = self.inner.verify.run(token, request_time);
        let claims = verifying.instrument(debug_span!("verify")).await.map_err(|error| {
            log_rejection(request, &error);
            AuthError::from(&error)
        })?;
        let span = Span::current();
        span.record("user_id", display(claims.user_id));
        if let Some(session_id) = claims.session_id {
            span.record("session_id", display(session_id));
        }
        Ok(claims)
    }

    /// Returns the caller of a request. The token is verified once, however often this is called.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn caller(&self, request: &HttpRequest) -> Result<Caller, AuthError> {
        if let Some(known) = request.extensions().get::<Verified>().filter(|known| known.is_by(self)) {
            return Ok(known.caller.clone());
        }
        let caller = Caller::from(self.verify(request).await?);
        let by = Arc::clone(&self.inner);
        request.extensions_mut().insert(Verified { by, caller: caller.clone() });
        Ok(caller)
    }
}

/// The caller of a request, as one verifier has verified it.
struct Verified {
    by: Arc<Inner>,
    caller: Caller,
}

impl Verified {
    /// Another verifier verifies again: the first one may be for another audience, or may use a cache.
    fn is_by(&self, verifier: &TokenVerifier) -> bool {
        Arc::ptr_eq(&self.by, &verifier.inner)
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenVerifier(..)")
    }
}
