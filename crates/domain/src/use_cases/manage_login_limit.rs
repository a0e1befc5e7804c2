//! Administration of the login limit by the command line.

use std::sync::Arc;

use crate::model::{ClearedLimit, ClientAddress, Email, EmailLimitStatus, LimitKey, LimitKeys, RequestTime};
use crate::ports::{LoginLimiter, PortError};

#[cfg(test)]
mod tests;

/// Shows and clears the failed logins that are counted for an email or an address. Repeating a call is safe.
pub struct ManageLoginLimit {
    /// The counter of failed logins.
    pub limiter: Arc<dyn LoginLimiter>,
    /// The keyed hash that turns emails and addresses into limit keys.
    pub limit_keys: LimitKeys,
}

impl ManageLoginLimit {
    /// Forgets the failed logins and the known addresses of an email, and returns its limit key. Counts of addresses stay.
    ///
    /// # Errors
    /// [`PortError`] if the limiter failed; the counts may or may not be cleared.
    pub async fn clear_email(&self, email: &Email, request_time: RequestTime) -> Result<LimitKey, PortError> {
        let key = self.limit_keys.email(email);
        self.limiter.clear(ClearedLimit::Email(key), request_time).await?;
        Ok(key)
    }

    /// Forgets the failed logins from an address; for IPv6 those from its /64 and its /48. Counts of emails stay.
    ///
    /// # Errors
    /// [`PortError`] if the limiter failed; the counts may or may not be cleared.
    pub async fn clear_address(
        &self,
        address: ClientAddress,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let cleared = ClearedLimit::Address {
            address: self.limit_keys.address(address),
            network: self.limit_keys.network(address),
        };
        self.limiter.clear(cleared, request_time).await
    }

    /// Returns the limit key of an email and its counts.
    ///
    /// # Errors
    /// [`PortError`] if the limiter failed.
    pub async fn status(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<(LimitKey, EmailLimitStatus), PortError> {
        let key = self.limit_keys.email(email);
        Ok((key, self.limiter.status(key, request_time).await?))
    }
}
