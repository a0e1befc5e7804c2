//! The lifetimes and limits that the use cases go by.

use std::time::Duration;

/// How long tokens and sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Lifetime of an access token, in whole seconds.
    pub access_ttl: Duration,
    /// Lifetime of a refresh token: a session idle for this long ends.
    pub refresh_ttl: Duration,
    /// Lifetime of a session, counted from its login.
    pub session_ttl: Duration,
    /// For this long after its use, the immediate predecessor gets a 401 that ends nothing.
    pub reuse_leeway: Duration,
    /// How many sessions a user may have at once.
    pub max_sessions: u32,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            access_ttl: Duration::from_mins(15),
            refresh_ttl: Duration::from_hours(7 * 24),
            session_ttl: Duration::from_hours(90 * 24),
            reuse_leeway: Duration::from_secs(10),
            max_sessions: 1_000,
        }
    }
}

/// How login behaves beside the credentials themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginPolicy {
    /// How long a login may wait for its turn and for the password queue together.
    pub queue_wait: Duration,
    /// Whether an outdated stored hash is replaced after a successful login.
    pub upgrade_hashes: bool,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self { queue_wait: Duration::from_secs(2), upgrade_hashes: true }
    }
}

/// What a new password must satisfy. It never binds at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters (NIST SP 800-63B-4 §3.1.1.2 asks 15 of a single factor).
    pub min_length: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 15 }
    }
}
