//! Other credentials for a server that rejects the present ones.

use async_trait::async_trait;

/// The place where credentials come from.
#[async_trait]
pub trait Renewal: Send + Sync {
    /// Reads addresses, credentials and certificates again, and replaces those that have changed. It may do nothing if the last
    /// time was a moment ago. The caller has a deadline, and stops waiting then.
    async fn renew(&self);
}
