//! Lifetimes and limits. The service takes them from its settings; there are no defaults here.

use std::num::NonZeroU32;
use std::time::Duration;

/// The lifetimes of tokens and sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Lifetime of an access token, in whole seconds.
    pub access_ttl: Duration,
    /// Lifetime of a refresh token: a session that is idle for this time ends.
    pub refresh_ttl: Duration,
    /// Lifetime of a session, counted from its login.
    pub session_ttl: Duration,
    /// The grace period: within this time after its use, the immediate predecessor gets a 401 that ends nothing.
    pub reuse_leeway: Duration,
    /// The limit of sessions per user.
    pub max_sessions: u32,
    /// What a second refresh of one token gets within the grace period.
    pub concurrent_refresh: ConcurrentRefresh,
    /// The limits of refreshes.
    pub refresh_limits: RefreshLimits,
}

/// What another refresh of the immediate predecessor gets within the grace period, without the idempotency key of the
/// rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcurrentRefresh {
    /// A rejection that ends nothing.
    Reject,
    /// The same successor, with a new access token.
    Share,
}

/// The maximum numbers of refreshes in a minute; `None` is no limit.
///
/// A refresh counts if it is granted: a rotation, a retry or a shared successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLimits {
    /// The limit of one session.
    pub per_session: Option<NonZeroU32>,
    /// The limit of all sessions of a user together.
    pub per_user: Option<NonZeroU32>,
}

/// The rules of a login that do not depend on the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginPolicy {
    /// The timeout of a login's wait for other attempts and for the password queue together.
    pub queue_wait: Duration,
    /// Whether an outdated stored hash is replaced after a successful login.
    pub upgrade_hashes: bool,
}

/// The rule for new passwords. It does not apply at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The minimum number of characters (NIST SP 800-63B-4 §3.1.1.2 requires 15 for a single factor).
    pub min_length: usize,
}
