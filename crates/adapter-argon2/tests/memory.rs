//! Memory under load. This binary has no other test, because other tests would disturb the measurement.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher};
use auth_domain::model::PasswordHash;
use auth_domain::ports::{Clock, Credential, PasswordCheck, PasswordHasher};
use auth_testkit::{TestClock, TestEntropy, a_password, request_time_at};

const MEMORY_KIB: u64 = 19_456;
const PERMITS: u64 = 2;
/// Memory of threads and the runtime.
const SLACK_KIB: u64 = 16_384;

// S-11
#[test]
fn memory_stays_at_permits_times_cost_under_load() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let idle = resident_kib("VmRSS:");
    let config = Argon2Config {
        memory_kib: u32::try_from(MEMORY_KIB).unwrap(),
        iterations: 2,
        parallelism: 1,
        concurrency: usize::try_from(PERMITS).unwrap(),
        legacy: false,
    };
    let hasher =
        Arc::new(Argon2PasswordHasher::new(config, Arc::new(TestEntropy), TestClock::new()).unwrap());
    runtime.block_on(verify_in_parallel(&hasher));
    let peak = resident_kib("VmHWM:");
    assert!(peak < idle + PERMITS * MEMORY_KIB + SLACK_KIB, "{idle} KiB idle, {peak} KiB at the peak");
}

async fn verify_in_parallel(hasher: &Arc<Argon2PasswordHasher>) {
    let request_time = request_time_at(TestClock::new().now());
    let stored = hasher.hash(&a_password("correct horse"), request_time).await.unwrap();
    let verifications: Vec<_> =
        (0..64).map(|_| tokio::spawn(verify(Arc::clone(hasher), stored.clone()))).collect();
    for verification in verifications {
        assert_eq!(verification.await.unwrap(), PasswordCheck::Valid { outdated: false });
    }
}

async fn verify(hasher: Arc<Argon2PasswordHasher>, stored: PasswordHash) -> PasswordCheck {
    let request_time = request_time_at(TestClock::new().now());
    let admission = hasher.admit(request_time).unwrap();
    hasher.verify(&a_password("correct horse"), Credential::Active(stored), admission).await.unwrap()
}

fn resident_kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
