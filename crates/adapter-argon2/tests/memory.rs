//! Memory under load. This binary has no other test, because other tests would disturb the measurement.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_domain::model::{PasswordHash, RequestTime};
use auth_domain::ports::{Clock, Credential, PasswordCheck, PasswordHasher, start_request};
use auth_testkit::{StandingClock, TestClock, TestEntropy, a_password};
use tokio::runtime::Builder;

const MEMORY_KIB: u64 = 19_456;
const PERMITS: u64 = 2;
/// Memory of threads and the runtime.
const SLACK_KIB: u64 = 12_288;

// S-11
#[test]
fn memory_stays_at_permits_times_cost_under_load() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for kernel in [KernelChoice::Portable, KernelChoice::Auto] {
        runtime.block_on(bounded_and_given_back(kernel));
    }
}

async fn bounded_and_given_back(kernel: KernelChoice) {
    let idle = resident_kib("VmRSS:");
    let config = Argon2Config {
        memory_kib: u32::try_from(MEMORY_KIB).unwrap(),
        iterations: 2,
        parallelism: 1,
        concurrency: usize::try_from(PERMITS).unwrap(),
        legacy: false,
        formats: OtherFormats::NONE,
        kernel,
    };
    let clock = StandingClock::new();
    let hasher = Arc::new(Argon2PasswordHasher::new(config, Arc::new(TestEntropy), clock.clone()).unwrap());
    let started = resident_kib("VmRSS:");
    assert!(started < idle + SLACK_KIB, "{started} KiB before the first hash");
    verify_in_parallel(&hasher, &clock).await;
    let (busy, peak) = (resident_kib("VmRSS:"), resident_kib("VmHWM:"));
    assert!(busy > idle + PERMITS * MEMORY_KIB / 2, "memory is kept: {busy} KiB");
    assert!(peak < idle + PERMITS * MEMORY_KIB + SLACK_KIB, "{idle} KiB idle, {peak} KiB at the peak");
    clock.advance(Duration::from_mins(1)).await;
    let deadline = TestClock::new().instant() + Duration::from_secs(10);
    while resident_kib("VmRSS:") > idle + SLACK_KIB {
        assert!(
            TestClock::new().instant() < deadline,
            "{idle} KiB before, {} KiB kept",
            resident_kib("VmRSS:")
        );
        std::thread::yield_now();
    }
}

async fn verify_in_parallel(hasher: &Arc<Argon2PasswordHasher>, clock: &Arc<StandingClock>) {
    let request_time = start_request(&**clock, Duration::from_secs(5));
    let stored = hasher.hash(&a_password("correct horse"), request_time).await.unwrap();
    let verifications: Vec<_> =
        (0..64).map(|_| tokio::spawn(verify(Arc::clone(hasher), stored.clone(), request_time))).collect();
    for verification in verifications {
        assert_eq!(verification.await.unwrap(), PasswordCheck::Valid { outdated: false });
    }
}

async fn verify(
    hasher: Arc<Argon2PasswordHasher>,
    stored: PasswordHash,
    request_time: RequestTime,
) -> PasswordCheck {
    let admission = hasher.admit(request_time).unwrap();
    hasher.verify(&a_password("correct horse"), Credential::Active(stored), admission).await.unwrap()
}

fn resident_kib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
