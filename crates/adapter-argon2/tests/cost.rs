//! All rejections take the same time. This binary has no other test, because other tests would disturb the measurement.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_domain::model::PasswordHash;
use auth_domain::ports::{Clock, Credential, PasswordHasher};
use auth_testkit::{TestClock, TestEntropy, a_password, request_time_at};

const DEFAULT: Argon2Config = Argon2Config {
    memory_kib: 19_456,
    iterations: 2,
    parallelism: 1,
    concurrency: 1,
    legacy: false,
    formats: OtherFormats::NONE,
    kernel: KernelChoice::Auto,
};
const ROUNDS: usize = 25;

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_missing_and_unusable_hashes_take_equal_time() {
    let clock = TestClock::new();
    let hasher = Argon2PasswordHasher::new(DEFAULT, Arc::new(TestEntropy), clock.clone()).unwrap();
    let stored = hasher.hash(&a_password("correct horse"), request_time_at(clock.now())).await.unwrap();
    let unusable = PasswordHash::new(stored.expose().replace("m=19456", "m=4294967295"));
    let credentials = [Credential::Active(stored), Credential::Missing, Credential::Active(unusable)];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (credential, times) in credentials.iter().zip(&mut times) {
            let started = clock.instant();
            let admission = hasher.admit(request_time_at(clock.now())).unwrap();
            hasher.verify(&a_password("wrong"), credential.clone(), admission).await.unwrap();
            times.push(clock.instant() - started);
        }
    }
    let [wrong, missing, unusable] = times.map(median);
    for other in [missing, unusable] {
        // S-09 requires 5 % on an idle machine. This bound also holds while other programs use the processor.
        assert!(other.abs_diff(wrong) < wrong / 4, "{wrong:?} {missing:?} {unusable:?}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
