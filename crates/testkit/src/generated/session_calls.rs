//! Sequences of calls to a session store.

use std::time::Duration;

use auth_domain::model::{EndReason, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES};
use proptest::prelude::*;
use proptest::sample::Index;

use super::call_fault::{CallFault, call_faults};

/// A call, and the time since the call before it.
#[derive(Clone, Debug)]
pub struct SessionCall {
    /// The time since the call before it; negative if the clock goes back.
    pub after: time::Duration,
    /// The call.
    pub operation: SessionOperation,
    /// What happens to it and its answer.
    pub fault: CallFault,
}

/// A call whose users, sessions and tokens are given by position.
#[derive(Clone, Debug)]
pub enum SessionOperation {
    /// Opens a session.
    Open {
        /// The user, one of two.
        user: usize,
        /// The maximum number of sessions of the user.
        max_sessions: u32,
        /// The predecessor of the first token, if there is one.
        predecessor: Option<OpenedFor>,
    },
    /// Repeats the opening of a session.
    RepeatOpen {
        /// The session.
        session: Index,
    },
    /// Presents a refresh token.
    Rotate {
        /// The session, one of those that were opened.
        session: Index,
        /// The token.
        token: PresentedToken,
        /// The idempotency key, if there is one.
        key: Option<u8>,
        /// Whether the user has moved to another tenant.
        other_tenant: bool,
        /// The grace period for reuse.
        grace_period: Duration,
        /// The address of the client, if it is known.
        address: Option<u8>,
        /// Whether the access token that a full session returned is denylisted and released.
        release: bool,
        /// Whether a full session may release its oldest access token.
        releases_oldest: bool,
        /// Whether the successor is shared.
        is_shared: bool,
        /// The limits of refreshes for the session and the user; 0 is no limit.
        limits: [u32; 2],
    },
    /// Repeats a call that succeeded, with the same successor.
    Repeat {
        /// The session.
        session: Index,
        /// How many calls succeeded after it.
        back: usize,
        /// Whether the access token is another one.
        has_new_access_token: bool,
        /// Whether the store is informed that this is a repeat.
        is_marked: bool,
    },
    /// Ends a session.
    End {
        /// The session.
        session: Index,
        /// The reason.
        reason: EndReason,
        /// Whether an access token of another session is revoked as well.
        also_revoke: bool,
    },
    /// Presents a refresh token of a session that was never opened.
    RotateUnknown {
        /// The user.
        user: usize,
    },
    /// Ends a session that was never opened.
    EndUnknown {
        /// The user.
        user: usize,
    },
    /// Ends all sessions of a user.
    EndAll {
        /// The user.
        user: usize,
        /// The reason.
        reason: EndReason,
    },
    /// Lists the sessions of a user.
    List {
        /// The user.
        user: usize,
    },
}

/// The token that a session is opened for.
#[derive(Clone, Copy, Debug)]
pub struct OpenedFor {
    /// Whether its successor is sealed, and with which idempotency key.
    pub sealed: Option<Option<u8>>,
    /// The address of the client, if it is known.
    pub address: Option<u8>,
}

/// A refresh token of a session, by its age.
#[derive(Clone, Copy, Debug)]
pub enum PresentedToken {
    /// The current token.
    Current,
    /// Its immediate predecessor.
    Previous,
    /// A token that was used before the predecessor.
    Older(Index),
    /// A token that was never issued.
    Unknown,
}

/// Generates sequences of about 20 calls. Some sequences fill a session with live access tokens, or retry a rotation until the
/// limit of retries.
pub fn session_calls() -> impl Strategy<Value = Vec<SessionCall>> {
    let call = (after(), operation(), call_faults());
    let call = call.prop_map(|(after, operation, fault)| SessionCall { after, operation, fault });
    let open = SessionCall {
        after: time::Duration::ZERO,
        operation: SessionOperation::Open { user: 0, max_sessions: 3, predecessor: None },
        fault: CallFault::Answered,
    };
    let filling = any::<Index>().prop_map(|session| {
        let operation =
            SessionOperation::Repeat { session, back: 0, has_new_access_token: true, is_marked: false };
        let fault = CallFault::Answered;
        vec![SessionCall { after: time::Duration::SECOND, operation, fault }; MAX_LIVE_ACCESS_TOKENS + 1]
    });
    let retrying =
        (any::<Index>(), any::<bool>()).prop_map(|(session, is_shared)| retrying(session, is_shared));
    let calls = prop_oneof![60 => call.prop_map(|call| vec![call]), 1 => filling, 1 => retrying];
    proptest::collection::vec(calls, 1..40)
        .prop_map(move |calls| [vec![open.clone()], calls.concat()].concat())
}

/// A rotation, and as many retries as reach their limit, also if each of them first has to release an access token.
fn retrying(session: Index, is_shared: bool) -> Vec<SessionCall> {
    let call = |token| SessionCall {
        fault: CallFault::Answered,
        after: time::Duration::MILLISECOND,
        operation: SessionOperation::Rotate {
            session,
            token,
            key: (!is_shared).then_some(0),
            other_tenant: false,
            grace_period: Duration::from_secs(10),
            address: None,
            release: true,
            releases_oldest: false,
            is_shared,
            limits: [0, 0],
        },
    };
    let retries = 2 * (usize::try_from(MAX_RETRIES).unwrap() + 1);
    [vec![call(PresentedToken::Current)], vec![call(PresentedToken::Previous); retries]].concat()
}

fn after() -> impl Strategy<Value = time::Duration> {
    let exact = proptest::sample::select::<time::Duration>;
    prop_oneof![
        6 => (0..3_000_000_i64).prop_map(time::Duration::microseconds),
        3 => exact(vec![time::Duration::ZERO, time::Duration::MICROSECOND, time::Duration::seconds(10)]),
        2 => (0..20_000_i64).prop_map(time::Duration::milliseconds),
        1 => (0..3_000_i64).prop_map(time::Duration::seconds),
        1 => exact(vec![time::Duration::minutes(15), time::Duration::hours(24), time::Duration::seconds(1_205)]),
        1 => (-15_000..0_i64).prop_map(time::Duration::milliseconds),
        1 => exact([-365, -1, 365].map(time::Duration::days).into_iter().chain([time::Duration::hours(-1)]).collect()),
    ]
}

fn operation() -> impl Strategy<Value = SessionOperation> {
    prop_oneof![
        2 => open(),
        1 => any::<Index>().prop_map(|session| SessionOperation::RepeatOpen { session }),
        20 => rotate(),
        6 => repeat(),
        1 => end(),
        1 => user().prop_map(|user| SessionOperation::RotateUnknown { user }),
        1 => user().prop_map(|user| SessionOperation::EndUnknown { user }),
        1 => (user(), reason()).prop_map(|(user, reason)| SessionOperation::EndAll { user, reason }),
        1 => user().prop_map(|user| SessionOperation::List { user }),
    ]
}

fn open() -> impl Strategy<Value = SessionOperation> {
    let limit = prop_oneof![Just(1_u32), Just(2), Just(3), Just(1_000)];
    let sealed = proptest::option::of(proptest::option::of(0..2_u8));
    let opened_for = (sealed, proptest::option::of(0..2_u8));
    let opened_for = opened_for.prop_map(|(sealed, address)| OpenedFor { sealed, address });
    (user(), limit, proptest::option::of(opened_for)).prop_map(|(user, max_sessions, predecessor)| {
        SessionOperation::Open { user, max_sessions, predecessor }
    })
}

fn rotate() -> impl Strategy<Value = SessionOperation> {
    let token = prop_oneof![
        12 => Just(PresentedToken::Current),
        4 => Just(PresentedToken::Previous),
        1 => any::<Index>().prop_map(PresentedToken::Older),
        1 => Just(PresentedToken::Unknown),
    ];
    let grace_period = prop_oneof![4 => Just(Duration::from_secs(10)), 1 => Just(Duration::ZERO)];
    let key = proptest::option::of(0..2_u8);
    let address = proptest::option::of(0..2_u8);
    let flags = (prop::bool::weighted(0.05), any::<[bool; 2]>(), any::<bool>());
    let limits = prop_oneof![4 => Just([60, 300]), 1 => Just([3, 5]), 1 => Just([0, 4]), 1 => Just([0, 0])];
    (any::<Index>(), token, key, grace_period, address, flags, limits).prop_map(
        |(
            session,
            token,
            key,
            grace_period,
            address,
            (other_tenant, [release, releases_oldest], is_shared),
            limits,
        )| {
            SessionOperation::Rotate {
                session,
                token,
                key,
                other_tenant,
                grace_period,
                address,
                release,
                releases_oldest,
                is_shared,
                limits,
            }
        },
    )
}

fn repeat() -> impl Strategy<Value = SessionOperation> {
    let back = prop_oneof![6 => Just(0_usize), 1 => 1..3_usize];
    (any::<Index>(), back, any::<bool>(), prop::bool::weighted(0.8)).prop_map(
        |(session, back, has_new_access_token, is_marked)| SessionOperation::Repeat {
            session,
            back,
            has_new_access_token,
            is_marked,
        },
    )
}

fn end() -> impl Strategy<Value = SessionOperation> {
    (any::<Index>(), reason(), any::<bool>())
        .prop_map(|(session, reason, also_revoke)| SessionOperation::End { session, reason, also_revoke })
}

fn user() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0_usize), 1 => Just(1)]
}

fn reason() -> impl Strategy<Value = EndReason> {
    proptest::sample::select(&EndReason::ALL[..])
}
