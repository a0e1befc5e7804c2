//! The adapter for password hashes (Argon2id).

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher};
use auth_domain::ports::{Clock, Entropy};

use super::named::named;
use crate::config::Settings;
use crate::login_limiter::Capacity;

/// Returns the adapter.
///
/// # Errors
/// The problem of a setting.
pub(super) fn hasher(
    settings: &Settings,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Argon2PasswordHasher>, String> {
    let hasher = Argon2PasswordHasher::new(config(settings), entropy, clock);
    Ok(Arc::new(hasher.map_err(|problem| named(&problem))?))
}

/// Returns the function for how many passwords the adapter can verify within a given time.
pub(super) fn capacity(hasher: &Arc<Argon2PasswordHasher>) -> Capacity {
    let hasher = hasher.clone();
    Arc::new(move |wait: Duration| hasher.capacity(wait))
}

/// Returns the problem of a setting, if there is one.
pub(super) fn problem(settings: &Settings) -> Option<String> {
    config(settings).check().err().map(|problem| named(&problem))
}

const fn config(settings: &Settings) -> Argon2Config {
    let password = &settings.password;
    Argon2Config {
        memory_kib: password.memory_kib,
        iterations: password.iterations,
        parallelism: password.parallelism,
        concurrency: password.concurrency,
        legacy: password.legacy,
    }
}
