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
        /// The address, one of two; `None` if it is not known.
        address: Option<usize>,
    },
    /// Settles a reserved attempt, which may have been settled before.
    Settle {
        /// The attempt.
        attempt: Index,
        /// The outcome.
        outcome: Settlement,
    },
    /// Removes the failures of an email.
    Clear {
        /// The email.
        email: usize,
    },
}

/// Generates sequences of up to 40 calls.
pub fn attempt_calls() -> impl Strategy<Value = Vec<AttemptCall>> {
    let after = prop_oneof![
        6 => (0..2_000_000_i64).prop_map(time::Duration::microseconds),
        2 => proptest::sample::select(vec![time::Duration::ZERO, time::Duration::seconds(10), time::Duration::minutes(5)]),
        2 => (0..120_000_i64).prop_map(time::Duration::milliseconds),
        1 => (-20_000..0_i64).prop_map(time::Duration::milliseconds),
    ];
    let outcome = prop_oneof![
        6 => Just(Settlement::Failed),
        1 => Just(Settlement::Succeeded),
        1 => Just(Settlement::Abandoned),
    ];
    let operation = prop_oneof![
        8 => (0..2_usize, proptest::option::weighted(0.8, 0..2_usize))
            .prop_map(|(email, address)| AttemptOperation::Reserve { email, address }),
        6 => (any::<Index>(), outcome)
            .prop_map(|(attempt, outcome)| AttemptOperation::Settle { attempt, outcome }),
        1 => (0..2_usize).prop_map(|email| AttemptOperation::Clear { email }),
    ];
    let call = (after, operation).prop_map(|(after, operation)| AttemptCall { after, operation });
    proptest::collection::vec(call, 1..40)
}
