//! What can be wrong with a limiter.

/// One deviation from the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    ChecksBeforeItCounts,
    NoEmailKey,
    NoAddressKey,
    MissingAddressIsOneAddress,
    InFlightNotCounted,
    RejectsOnInFlight,
    BusyBeforeRejected,
    RejectedAttemptsCount,
    RejectedAttemptsCountOnTheOtherKey,
    RepeatedFailureCountsTwice,

    FixedWindow,
    RetryAfterIsTheWindow,
    RetryAfterOfTheFirstKey,
    FailureCountsFromItsReport,
    UnsettledForgotten,
    UnsettledStaysInFlight,
    ClockGoingBackReopens,
    FutureTimeIsBelieved,
    FutureTimeIsNowForEver,

    SuccessClearsNothing,
    SuccessKeepsItsShareOfTheAddress,
    SuccessClearsTheWholeAddress,
    SuccessClearsOtherAddresses,
    SuccessClearsInFlight,
    AbandonedCounts,
    AbandonedClears,
    ClearDoesNothing,
    ClearFreesTheAddresses,
    ClearFreesEverybody,
    DeadlineIgnored,
}
