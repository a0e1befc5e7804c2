//! The shared contract suite.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::ready;
use std::sync::Arc;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_testkit::{PasswordHasherFixture, TestClock, TestEntropy};

/// The cheapest row of the OWASP table.
const CHEAP: Argon2Config = Argon2Config {
    memory_kib: 7_168,
    iterations: 5,
    parallelism: 1,
    concurrency: 2,
    legacy: true,
    formats: OtherFormats::NONE,
    kernel: KernelChoice::Auto,
};

auth_testkit::password_hasher_contract!(fixture = ready(hasher()));

fn hasher() -> PasswordHasherFixture {
    PasswordHasherFixture {
        hasher: with(CHEAP),
        other_parameters: with(Argon2Config { memory_kib: 9_216, iterations: 4, ..CHEAP }),
        keep: Box::new(()),
    }
}

fn with(config: Argon2Config) -> Arc<Argon2PasswordHasher> {
    Arc::new(Argon2PasswordHasher::new(config, Arc::new(TestEntropy), TestClock::new()).unwrap())
}
