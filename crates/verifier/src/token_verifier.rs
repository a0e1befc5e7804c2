//! The one who looks at the bearer of a request.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::AccessClaims;
use auth_domain::ports::{Clock, PortErrorKind, start_request};
use auth_domain::use_cases::{VerifyAccessToken, VerifyAccessTokenError};
use tracing::{error, info, warn};

use crate::{AuthError, Caller, bearer};

/// How long a verification may take: a connection may have to be made, and the question asked once more.
const PATIENCE: Duration = Duration::from_secs(2);

type Observer = Box<dyn Fn(&HttpRequest, &VerifyAccessTokenError) + Send + Sync>;

/// Verifies the bearer of a request; cheap to clone. Give it to the application by `.app_data(guard.clone())`, and
/// [`Caller`] and [`RequireRole`](crate::RequireRole) find it there.
#[derive(Clone)]
pub struct TokenVerifier {
    inner: Arc<Inner>,
}

struct Inner {
    verify: VerifyAccessToken,
    clock: Arc<dyn Clock>,
    observer: Observer,
}

impl TokenVerifier {
    /// Verifies by `verify`, at the time of `clock`. Refusals are logged.
    #[must_use]
    pub fn new(verify: VerifyAccessToken, clock: Arc<dyn Clock>) -> Self {
        Self::observed_by(verify, clock, |_, error| log(error))
    }

    /// Tells `observer` of every token that is not accepted, in place of the log: to log it with what a service knows of its
    /// clients, or to count it. A header that holds no token is not worth telling.
    #[must_use]
    pub fn observed_by(
        verify: VerifyAccessToken,
        clock: Arc<dyn Clock>,
        observer: impl Fn(&HttpRequest, &VerifyAccessTokenError) + Send + Sync + 'static,
    ) -> Self {
        Self { inner: Arc::new(Inner { verify, clock, observer: Box::new(observer) }) }
    }

    /// Returns the guard of the application that the request is for.
    ///
    /// # Errors
    /// [`AuthError::Internal`] where it was given none.
    pub fn of(request: &HttpRequest) -> Result<&Self, AuthError> {
        let verifier = request.app_data::<Self>();
        if verifier.is_none() {
            error!(event = "defect", "no Guard in the application's data: add .app_data(guard.clone())");
        }
        verifier.ok_or(AuthError::Internal)
    }

    /// Verifies the bearer of a request.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn verify(&self, request: &HttpRequest) -> Result<AccessClaims, AuthError> {
        let token = bearer(request.headers())?;
        let request_time = start_request(&*self.inner.clock, PATIENCE);
        self.inner.verify.run(token, request_time).await.map_err(|error| {
            (self.inner.observer)(request, &error);
            (&error).into()
        })
    }

    /// Returns who sent a request; verified once, however often it is asked.
    ///
    /// # Errors
    /// [`AuthError`].
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

/// Who sent a request, as one guard has found.
struct Verified {
    by: Arc<Inner>,
    caller: Caller,
}

impl Verified {
    /// What another guard has found counts for nothing: it may be less strict, or for another audience.
    fn is_by(&self, verifier: &TokenVerifier) -> bool {
        Arc::ptr_eq(&self.by, &verifier.inner)
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard(..)")
    }
}

fn log(error: &VerifyAccessTokenError) {
    match error {
        VerifyAccessTokenError::Invalid(reason) => {
            info!(event = "access_token_rejected", %reason, "access token rejected");
        }
        VerifyAccessTokenError::Revoked => {
            info!(event = "access_token_rejected", reason = "revoked", "access token rejected");
        }
        VerifyAccessTokenError::Port(cause) => {
            let (kind, reason) = (cause.kind(), cause.source().map(ToString::to_string));
            match kind {
                PortErrorKind::Unavailable | PortErrorKind::Overloaded => {
                    warn!(event = "unavailable", operation = "verify", %kind, reason, "an access token cannot be verified");
                }
                PortErrorKind::Corrupt | PortErrorKind::Misconfigured => {
                    error!(event = "defect", operation = "verify", %kind, reason, "an access token cannot be verified");
                }
            }
        }
    }
}
