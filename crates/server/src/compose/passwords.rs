//! Passwords: Argon2id.

use std::sync::Arc;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher};
use auth_domain::ports::{Clock, Entropy, PasswordHasher};

use super::named;
use crate::config::Settings;

/// Starts the hasher; the error names the setting at fault.
pub(super) fn hasher(
    settings: &Settings,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn PasswordHasher>, String> {
    let hasher = Argon2PasswordHasher::new(config(settings), entropy, clock);
    Ok(Arc::new(hasher.map_err(|problem| named(&problem))?))
}

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
