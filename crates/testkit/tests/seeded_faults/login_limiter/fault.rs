//! The seeded faults of the login limiter.

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
}
