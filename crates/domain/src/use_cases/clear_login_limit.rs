//! Clearing the login limit of an email for an administrator.

use std::sync::Arc;

use crate::model::{ClearedLimit, Email, LimitKey, LimitKeys, RequestTime};
use crate::ports::{LoginLimiter, PortError};

/// Forgets the failed logins and the known addresses of an email, so that its user can log in again at once.
pub struct ClearLoginLimit {
    /// The counter of failed logins.
    pub limiter: Arc<dyn LoginLimiter>,
    /// The keyed hash that turns an email into its limit key.
    pub limit_keys: LimitKeys,
}

impl ClearLoginLimit {
    /// Clears the count of an email, and returns its limit key. Counts of addresses stay.
    ///
    /// # Errors
    /// [`PortError`] if the limiter failed; the count may or may not be cleared.
    pub async fn run(&self, email: &Email, request_time: RequestTime) -> Result<LimitKey, PortError> {
        let key = self.limit_keys.email(email);
        self.limiter.clear(ClearedLimit::Email(key), request_time).await?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mocks::MockLoginLimiter;
    use crate::ports::PortErrorKind;
    use crate::use_cases::fixtures::*;

    fn limit_keys() -> LimitKeys {
        LimitKeys::derive(b"secret")
    }

    async fn clear(cleared: Result<(), PortError>) -> Result<LimitKey, PortError> {
        let mut limiter = MockLoginLimiter::new();
        let key = limit_keys().email(&email());
        limiter
            .expect_clear()
            .withf(move |cleared, at| *cleared == ClearedLimit::Email(key) && *at == request_time())
            .times(1)
            .return_once(|_, _| cleared);
        ClearLoginLimit { limiter: Arc::new(limiter), limit_keys: limit_keys() }
            .run(&email(), request_time())
            .await
    }

    #[tokio::test]
    async fn the_count_of_the_email_is_cleared_and_its_key_returned() {
        assert_eq!(clear(Ok(())).await.unwrap(), limit_keys().email(&email()));
    }

    #[tokio::test]
    async fn a_count_that_cannot_be_cleared_is_an_error() {
        let failed = clear(Err(port_error(PortErrorKind::Unavailable))).await;
        assert_eq!(failed.unwrap_err().kind(), PortErrorKind::Unavailable);
    }
}
