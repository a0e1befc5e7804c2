//! The seeded faults of the login limiter.

use std::time::Duration;

use auth_domain::model::attempt_window::LoginLimits;
use auth_testkit::LOGIN_LIMITS;

/// A deviation from the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    ChecksBeforeItCounts,
    NoEmailKey,
    NoAddressKey,
    MissingAddressIsOneAddress,
    InFlightIsNotCounted,
    RejectsOnInFlight,
    BusyBeforeRejected,
    RejectedAttemptsCount,
    RejectedAttemptsCountOnTheOtherKey,
    RepeatedFailureCountsTwice,

    FixedWindow,
    RetryAfterIsTheWindow,
    RetryAfterOfTheFirstKey,
    FailureCountsFromItsSettlement,
    UnsettledIsRemoved,
    UnsettledStaysInFlight,
    ClockGoingBackReopens,
    FutureTimeIsAccepted,
    FutureTimeIsAlwaysNow,

    SuccessClearsNothing,
    SuccessKeepsItsShareOfTheAddress,
    SuccessClearsTheWholeAddress,
    SuccessClearsOtherAddresses,
    SuccessClearsInFlight,
    AbandonedCounts,
    AbandonedClears,
    ClearDoesNothing,
    ClearFreesTheAddresses,
    ClearFreesEveryEmail,
    DeadlineIgnored,

    NoAddressIsKnown,
    KnownAddressHasNoLimit,
    KnownAddressIsExempt,
    SharedAddressIsKnown,
    KnownAddressesAreUnbounded,
    KnownForever,
    SuccessInTheFutureIsKept,
    KnownSuccessClearsTheEmail,
    KnownSuccessClearsTheDailyCount,

    NoDailyLimit,
    DailyLimitBlocksAltogether,
    DailyLimitCountsFromTheStart,
    OneDailyCountForAll,
    DailyCountNeverLeaves,
    DailyCountInTheFutureIsKept,
    SuccessKeepsTheDailyCount,
    AbandonedStaysInTheDailyCount,

    NoNetworkKey,
    SuccessKeepsItsShareOfTheNetwork,
    ExemptIsCounted,
    ClearKeepsTheKnownAddresses,
    ClearKeepsTheAddress,
    ForgetDoesNothing,
    ForgetClearsTheEmail,
    StatusIsEmpty,
}

/// The limits of a limiter with this fault.
pub(super) fn limits(fault: Option<Fault>) -> LoginLimits {
    let mut limits = LOGIN_LIMITS;
    match fault {
        Some(Fault::NoAddressIsKnown) => limits.known_for = None,
        Some(Fault::KnownForever) => limits.known_for = Some(Duration::MAX),
        Some(Fault::SharedAddressIsKnown) => limits.bounds.emails_per_address = u32::MAX,
        Some(Fault::KnownAddressesAreUnbounded) => limits.bounds.known_addresses = u32::MAX,
        Some(Fault::NoDailyLimit) => limits.daily_failures = None,
        _ => {}
    }
    limits
}
