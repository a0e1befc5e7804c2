use auth_domain::ports::Severity;
use auth_testkit::{TestClock, TestEntropy, a_password, request_time_at, vectors};

use super::*;
use crate::config::OtherFormats;
use crate::kernel::{Blocks, Input};

mod equal_work;
mod other_formats;

/// The cheapest row of the OWASP table.
const CHEAP: Argon2Config = Argon2Config {
    memory_kib: 7_168,
    iterations: 5,
    parallelism: 1,
    concurrency: 2,
    legacy: false,
    formats: OtherFormats::NONE,
    kernel: KernelChoice::Auto,
};

fn hasher(config: Argon2Config) -> Argon2PasswordHasher {
    Argon2PasswordHasher::new(config, Arc::new(TestEntropy), TestClock::new()).unwrap()
}

fn request_time() -> RequestTime {
    request_time_at(TestClock::new().now())
}

async fn check(hasher: &Argon2PasswordHasher, password: &str, stored: &str) -> PasswordCheck {
    compare(hasher, password, Credential::Active(PasswordHash::new(stored.to_owned()))).await
}

async fn compare(hasher: &Argon2PasswordHasher, password: &str, credential: Credential) -> PasswordCheck {
    let admission = hasher.admit(request_time()).unwrap();
    hasher.verify(&a_password(password), credential, admission).await.unwrap()
}

// S-01, S-02
#[tokio::test]
async fn a_new_hash_is_a_phc_string_with_a_salt_of_sixteen_bytes() {
    let hash = hasher(CHEAP).hash(&a_password("correct horse"), request_time()).await.unwrap();
    let parts: Vec<&str> = hash.expose().split('$').collect();
    assert_eq!(parts[..4], ["", "argon2id", "v=19", "m=7168,t=5,p=1"]);
    assert_eq!((parts[4].len(), parts[5].len()), (22, 43));
}

// S-05
#[tokio::test]
async fn a_hash_of_the_reference_implementation_verifies() {
    // RFC 9106 has no vector without secret and associated data. This one is from `argon2-cffi`, the C implementation.
    let vectors = vectors::legacy_password_hashes();
    let first = &vectors[0];
    let (salt, hash) = first.stored.split_once(':').unwrap();
    let (salt, hash) = (salt.trim_end_matches('='), hash.trim_end_matches('='));
    let stored = format!("$argon2id$v=19$m=65536,t=5,p=8${salt}${hash}");
    let hasher = hasher(CHEAP);
    assert_eq!(check(&hasher, &first.password, &stored).await, PasswordCheck::Valid { outdated: true });
    assert_eq!(check(&hasher, "something else", &stored).await, PasswordCheck::Invalid);
}

#[tokio::test]
async fn a_legacy_hash_verifies_only_with_the_legacy_setting() {
    let (on, off) = (hasher(Argon2Config { legacy: true, ..CHEAP }), hasher(CHEAP));
    for case in vectors::legacy_password_hashes() {
        let valid = PasswordCheck::Valid { outdated: true };
        assert_eq!(check(&on, &case.password, &case.stored).await, valid, "{}", case.password);
    }
    let case = &vectors::legacy_password_hashes()[0];
    assert_eq!(check(&on, "something else", &case.stored).await, PasswordCheck::Invalid);
    assert_eq!(check(&off, &case.password, &case.stored).await, PasswordCheck::Unusable);
}

// S-04, S-08
#[tokio::test]
async fn corrupt_hashes_are_unusable() {
    let hasher = hasher(CHEAP);
    let good = hasher.hash(&a_password("correct horse"), request_time()).await.unwrap();
    for stored in [
        String::new(),
        "correct horse".to_owned(),
        good.expose().replace("m=7168", "m=4294967295"),
        good.expose().replace("t=5", "t=4294967295"),
        good.expose().replace("argon2id", "argon2i"),
        good.expose().replace("v=19", "v=16"),
        good.expose().replace('$', ":"),
        format!("{}=", good.expose()),
        good.expose()[..40].to_owned(),
    ] {
        assert_eq!(check(&hasher, "correct horse", &stored).await, PasswordCheck::Unusable, "{stored}");
    }
}

// S-08
#[tokio::test]
async fn a_missing_hash_never_verifies() {
    for password in ["correct horse", "a password of the self-check"] {
        let missing = compare(&hasher(CHEAP), password, Credential::Missing).await;
        assert_eq!(missing, PasswordCheck::Invalid);
    }
}

/// Hashes of both kernels verify with both.
#[tokio::test]
async fn the_choice_of_the_kernel_does_not_change_a_hash() {
    let (auto, portable) = (hasher(CHEAP), hasher(Argon2Config { kernel: KernelChoice::Portable, ..CHEAP }));
    assert_eq!((auto.kernel(), portable.kernel()), (Kernel::fast().name, "portable"));
    for (from, to) in [(&auto, &portable), (&portable, &auto)] {
        let hash = from.hash(&a_password("correct horse"), request_time()).await.unwrap();
        let valid = PasswordCheck::Valid { outdated: false };
        assert_eq!(check(to, "correct horse", hash.expose()).await, valid);
    }
}

/// A kernel that computes nothing, so all hashes are zero.
struct Idle;

impl Blocks for Idle {
    fn hash(&mut self, _: &Input<'_>, _: &mut [u8]) -> Result<(), HashError> {
        Ok(())
    }

    fn allocated(&self) -> usize {
        0
    }

    fn free(&mut self) {}
}

// S-05
#[tokio::test]
async fn passwords_verify_on_the_reference_if_the_kernel_is_wrong() {
    let wrong = Kernel { name: "wrong", blocks: || Box::new(Idle) };
    let entropy = Arc::new(TestEntropy);
    let hasher = Argon2PasswordHasher::with_candidate(wrong, CHEAP, entropy, TestClock::new()).unwrap();
    let hash = hasher.hash(&a_password("correct horse"), request_time()).await.unwrap();
    assert_eq!(hasher.kernel(), "portable");
    let valid = PasswordCheck::Valid { outdated: false };
    assert_eq!(check(&self::hasher(CHEAP), "correct horse", hash.expose()).await, valid);
    let report = hasher.check_kernel();
    assert_eq!(report.severity, Severity::Error);
    assert!(
        report.text.contains("`wrong`") && report.text.contains("PASSWORD__KERNEL=portable"),
        "{}",
        report.text
    );
}

// S-94
#[test]
fn the_kernel_is_checked_with_the_full_cost_and_measured() {
    let hasher = hasher(Argon2Config { legacy: true, ..CHEAP });
    let estimated = hasher.charge_for(&[]).time;
    let report = hasher.check_kernel();
    assert_eq!(report.severity, Severity::Ok, "{}", report.text);
    assert!(report.text.contains(&format!("`{}`", hasher.kernel())), "{}", report.text);
    assert_ne!(hasher.charge_for(&[]).time, estimated);
}

// S-01
#[test]
fn weaker_settings_refuse_to_start() {
    let weak = Argon2Config { iterations: 4, ..CHEAP };
    let rejected = Argon2PasswordHasher::new(weak, Arc::new(TestEntropy), TestClock::new()).err();
    assert_eq!(rejected, Some(ConfigError::TooWeak { memory_kib: 7_168, iterations: 4 }));
}
