//! Sequences of calls to a login limiter.

use auth_domain::model::Settlement;
use proptest::prelude::*;
use proptest::sample::Index;

/// A call, and the time since the call before it.
#[derive(Clone, Debug)]
pub struct AttemptCall {
    /// The time since the call before it; negative if the clock goes back.
    pub after: time::Duration,
    /// The call.
    pub operation: AttemptOperation,
}

/// A call whose emails, addresses and tickets are given by position.
#[derive(Clone, Debug)]
pub enum AttemptOperation {
    /// Reserves an attempt.
    Reserve {
        /// The email, one of two.
        email: usize,
        /// The address, one of three, of which two share a network; `None` if it is not known.
        address: Option<usize>,
        /// Whether the address is exempt.
        is_exempt: bool,
    },
    /// Settles a reserved attempt, which may have been settled before.
    Settle {
        /// The attempt.
        attempt: Index,
        /// The outcome.
        outcome: Settlement,
    },
    /// Clears the limit of an email.
    ClearEmail {
        /// The email.
        email: usize,
    },
    /// Clears the limit of an address.
    ClearAddress {
        /// The address.
        address: usize,
    },
    /// Forgets the known addresses of an email.
    Forget {
        /// The email.
        email: usize,
    },
    /// Reads the limit of an email.
    Status {
        /// The email.
        email: usize,
    },
}

/// Generates sequences of up to 60 calls.
pub fn attempt_calls() -> impl Strategy<Value = Vec<AttemptCall>> {
    let after = prop_oneof![
        6 => (0..2_000_000_i64).prop_map(time::Duration::microseconds),
        2 => proptest::sample::select(vec![time::Duration::ZERO, time::Duration::seconds(10), time::Duration::minutes(5)]),
        2 => (0..120_000_i64).prop_map(time::Duration::milliseconds),
        1 => (-20_000..0_i64).prop_map(time::Duration::milliseconds),
        1 => proptest::sample::select(vec![
            time::Duration::minutes(1),
            time::Duration::hours(1),
            time::Duration::hours(24),
            time::Duration::hours(25),
            time::Duration::hours(-2),
        ]),
    ];
    let outcome = prop_oneof![
        6 => Just(Settlement::Failed),
        2 => Just(Settlement::Succeeded),
        1 => Just(Settlement::Abandoned),
    ];
    let operation = prop_oneof![
        16 => (email(), proptest::option::weighted(0.9, 0..3_usize), proptest::bool::weighted(0.1))
            .prop_map(|(email, address, is_exempt)| AttemptOperation::Reserve { email, address, is_exempt }),
        12 => (any::<Index>(), outcome)
            .prop_map(|(attempt, outcome)| AttemptOperation::Settle { attempt, outcome }),
        1 => email().prop_map(|email| AttemptOperation::ClearEmail { email }),
        1 => (0..3_usize).prop_map(|address| AttemptOperation::ClearAddress { address }),
        1 => email().prop_map(|email| AttemptOperation::Forget { email }),
        2 => email().prop_map(|email| AttemptOperation::Status { email }),
    ];
    let call = (after, operation).prop_map(|(after, operation)| AttemptCall { after, operation });
    proptest::collection::vec(call, 1..60)
}

/// Most calls are on one email, so that its limits are reached.
fn email() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0), 1 => Just(1)]
}
