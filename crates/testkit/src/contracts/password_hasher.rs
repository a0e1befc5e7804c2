//! The contract of `PasswordHasher`.

mod load;
mod stored_text;
mod verifying;

pub use load::{
    dropped_admissions_release_their_place, dropped_calls_release_their_place, full_queue_returns_overloaded,
};
pub use stored_text::{
    excessive_parameters_are_rejected, hash_of_other_parameters_is_outdated,
    legacy_hash_verifies_as_outdated, malformed_hash_is_unusable, new_hashes_are_phc_strings,
    usability_is_what_verify_finds,
};
pub use verifying::{
    every_byte_of_the_password_counts, every_hash_has_its_own_salt, hash_verifies_only_its_own_password,
    missing_hash_never_verifies, rejection_costs_as_much_as_the_most_expensive_hash,
};

use std::time::Duration;

use auth_domain::model::{Password, PasswordHash, RequestTime};
use auth_domain::ports::{Credential, PasswordCheck, PasswordHasher};

use crate::request_time::real_instant;
use crate::{PasswordHasherFixture, START, a_password};

const PASSWORD: &str = "correct horse battery staple";

const CURRENT: PasswordCheck = PasswordCheck::Valid { outdated: false };
const OUTDATED: PasswordCheck = PasswordCheck::Valid { outdated: true };

/// A deadline that is far enough away for real hashing on a busy machine.
fn without_haste() -> RequestTime {
    within(Duration::from_secs(30))
}

fn within(allowed: Duration) -> RequestTime {
    RequestTime::new(START, real_instant(), allowed)
}

async fn hashed(hasher: &dyn PasswordHasher, text: &str) -> PasswordHash {
    hasher.hash(&a_password(text), without_haste()).await.unwrap()
}

async fn verified(fixture: &PasswordHasherFixture, text: &str, stored: &PasswordHash) -> PasswordCheck {
    verified_as(fixture, &a_password(text), Credential::Active(stored.clone())).await
}

async fn verified_as(
    fixture: &PasswordHasherFixture,
    password: &Password,
    credential: Credential,
) -> PasswordCheck {
    let admission = fixture.hasher.admit(without_haste()).unwrap();
    fixture.hasher.verify(password, credential, admission).await.unwrap()
}
