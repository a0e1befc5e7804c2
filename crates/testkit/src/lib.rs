#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unchecked_time_subtraction,
    reason = "a contract case fails by panicking"
)]

pub mod contracts;
pub mod generated;
pub mod servers;
pub mod vectors;

mod builders;
mod clock;
mod entropy;
mod fixture;
mod macros;
mod many_attempts;
mod request_time;
mod run;
mod scan_cost;
mod standing_clock;

pub use auth_domain::model::Event;
pub use builders::{
    RotationAttempt, TestSession, a_legacy_token, a_password, a_session, a_tenant_id, a_user, a_user_id,
    an_access_token, an_email, claims_of,
};
pub use clock::TestClock;
pub use entropy::TestEntropy;
pub use fixture::{
    AccessTokensFixture, DENYLIST_MARGIN, Fixture, Issue, LOGIN_LIMIT, LOGIN_LIMITS, LOGIN_WINDOW,
    LegacyFixture, PasswordHasherFixture, SESSION_POLICY, SessionFixture, UserRepositoryFixture,
};
pub use many_attempts::{fail_from_many_addresses, numbered_attempt};
pub use request_time::{START, holds_within, request_time_at, request_time_past_its_deadline};
pub use run::{RACERS, ROUNDS, race, run};
pub use scan_cost::{assert_linear, assert_linear_in_json};
pub use standing_clock::StandingClock;
