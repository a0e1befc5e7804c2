//! What can be wrong with a limiter.

/// One deviation from the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    ChecksBeforeItCounts,
    NoEmailAxis,
    NoAddressAxis,
    MissingAddressIsOneAddress,
    InFlightNotCounted,
    RefusesOnInFlight,
    BusyBeforeRefused,
    RefusedAttemptsCount,
    RefusedAttemptsCountOnTheOtherAxis,
    RepeatedFailureCountsTwice,

    FixedWindow,
    RetryAfterIsTheWindow,
    RetryAfterOfTheFirstAxis,
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
