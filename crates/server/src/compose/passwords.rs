//! The adapter for password hashes (Argon2id).

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_domain::model::{Event, HashFormat};
use auth_domain::ports::{Check, Clock, Entropy};
use tracing::info;

use super::Purpose;
use super::named::named;
use crate::config::{PasswordFormats, Settings};
use crate::login_limiter::Capacity;
use crate::memory_limit;
use crate::password_hashing::PasswordHashing;

/// Checks the kernel that computes password hashes with hashes of the full cost.
pub(crate) type KernelCheck = Arc<dyn Fn() -> Check + Send + Sync>;

/// Returns the adapter. The server logs the name of the kernel.
///
/// # Errors
/// The problem of a setting.
pub(super) fn hasher(
    settings: &Settings,
    purpose: Purpose,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Argon2PasswordHasher>, String> {
    let hasher = Argon2PasswordHasher::new(config(settings), entropy, clock);
    let hasher = hasher.map_err(|problem| named(&problem))?;
    if matches!(purpose, Purpose::Serve { .. }) {
        let kernel = hasher.kernel();
        info!(event = Event::PasswordKernel.name(), kernel, "password hashes are computed by this kernel");
    }
    Ok(Arc::new(hasher))
}

/// Returns the function for how many passwords the adapter can verify within a given time.
pub(super) fn capacity(hasher: &Arc<Argon2PasswordHasher>) -> Capacity {
    let hasher = hasher.clone();
    Arc::new(move |wait: Duration| hasher.capacity(wait))
}

/// Returns the check of the kernel.
pub(super) fn kernel_check(hasher: &Arc<Argon2PasswordHasher>) -> KernelCheck {
    let hasher = hasher.clone();
    Arc::new(move || hasher.check_kernel())
}

impl PasswordHashing for Argon2PasswordHasher {
    fn running(&self) -> usize {
        self.running()
    }

    fn queued(&self) -> usize {
        self.queued()
    }

    fn rejected(&self) -> u64 {
        self.rejected()
    }

    fn observe_times(&self, observer: Box<dyn Fn(HashFormat, Duration) + Send + Sync>) {
        self.observe_times(observer);
    }
}

/// Returns the problem of a setting, if there is one.
pub(super) fn problem(settings: &Settings) -> Option<String> {
    config(settings).check().err().map(|problem| named(&problem))
}

fn config(settings: &Settings) -> Argon2Config {
    let password = &settings.password;
    let PasswordFormats { bcrypt, pbkdf2, scrypt } = password.formats;
    let one_at_a_time = Argon2Config {
        memory_kib: password.memory_kib,
        iterations: password.iterations,
        parallelism: password.parallelism,
        concurrency: 1,
        legacy: password.legacy,
        formats: OtherFormats { bcrypt, pbkdf2, scrypt },
        kernel: if password.portable_kernel { KernelChoice::Portable } else { KernelChoice::Auto },
    };
    let cores = || available_parallelism().map_or(1, NonZeroUsize::get);
    let fitting = || memory_limit::fitting(cores(), one_at_a_time.hash_memory_kib());
    Argon2Config { concurrency: password.concurrency.unwrap_or_else(fitting), ..one_at_a_time }
}
