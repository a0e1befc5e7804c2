//! The seeded faults of a login limiter.

use crate::login_limiter::Fault;

fault!(
    checks_before_it_counts,
    login_limiter::reservations_never_exceed_the_limit_under_race,
    Fault::ChecksBeforeItCounts
);
fault!(no_email_key, login_limiter::email_key_rejects_after_the_limit, Fault::NoEmailKey);
fault!(
    repeated_failure_counts_twice,
    login_limiter::email_key_rejects_after_the_limit,
    Fault::RepeatedFailureCountsTwice
);
fault!(no_address_key, login_limiter::address_key_rejects_after_the_limit, Fault::NoAddressKey);
fault!(
    missing_address_is_one_address,
    login_limiter::attempt_without_address_counts_by_email_only,
    Fault::MissingAddressIsOneAddress
);
fault!(
    in_flight_is_not_counted,
    login_limiter::attempts_in_flight_are_busy_not_rejected,
    Fault::InFlightIsNotCounted
);
fault!(
    rejects_on_in_flight,
    login_limiter::attempts_in_flight_are_busy_not_rejected,
    Fault::RejectsOnInFlight
);
fault!(
    busy_before_rejected,
    login_limiter::attempts_in_flight_are_busy_not_rejected,
    Fault::BusyBeforeRejected
);
fault!(rejected_attempts_count, login_limiter::rejected_attempts_do_not_count, Fault::RejectedAttemptsCount);
fault!(
    rejected_attempts_count_on_the_other_key,
    login_limiter::rejected_attempts_do_not_count,
    Fault::RejectedAttemptsCountOnTheOtherKey
);

fault!(fixed_window, login_limiter::window_slides_and_retry_after_is_exact, Fault::FixedWindow);
fault!(
    retry_after_is_the_window,
    login_limiter::window_slides_and_retry_after_is_exact,
    Fault::RetryAfterIsTheWindow
);
fault!(
    retry_after_of_the_first_key,
    login_limiter::window_slides_and_retry_after_is_exact,
    Fault::RetryAfterOfTheFirstKey
);
fault!(
    failure_counts_from_its_settlement,
    login_limiter::window_slides_and_retry_after_is_exact,
    Fault::FailureCountsFromItsSettlement
);
fault!(unsettled_is_removed, login_limiter::unsettled_attempt_counts_as_a_failure, Fault::UnsettledIsRemoved);
fault!(
    unsettled_stays_in_flight,
    login_limiter::unsettled_attempt_counts_as_a_failure,
    Fault::UnsettledStaysInFlight
);
fault!(
    clock_going_back_reopens,
    login_limiter::clock_going_back_does_not_reopen_the_limit,
    Fault::ClockGoingBackReopens
);
fault!(
    future_time_is_accepted,
    login_limiter::clock_ahead_does_not_prolong_a_rejection,
    Fault::FutureTimeIsAccepted
);
fault!(
    future_time_is_always_now,
    login_limiter::clock_ahead_does_not_prolong_a_rejection,
    Fault::FutureTimeIsAlwaysNow
);

fault!(
    success_clears_nothing,
    login_limiter::success_clears_the_failures_of_its_email,
    Fault::SuccessClearsNothing
);
fault!(
    success_keeps_its_share_of_the_address,
    login_limiter::success_clears_the_failures_of_its_email,
    Fault::SuccessKeepsItsShareOfTheAddress
);
fault!(
    success_clears_the_whole_address,
    login_limiter::success_clears_the_failures_of_its_email,
    Fault::SuccessClearsTheWholeAddress
);
fault!(
    success_clears_other_addresses,
    login_limiter::success_keeps_the_failures_of_other_addresses,
    Fault::SuccessClearsOtherAddresses
);
fault!(
    success_clears_in_flight,
    login_limiter::success_keeps_attempts_in_flight,
    Fault::SuccessClearsInFlight
);
fault!(abandoned_counts, login_limiter::abandoned_attempt_does_not_count, Fault::AbandonedCounts);
fault!(abandoned_clears, login_limiter::abandoned_attempt_does_not_count, Fault::AbandonedClears);
fault!(clear_does_nothing, login_limiter::clear_removes_the_failures_of_the_email, Fault::ClearDoesNothing);
fault!(
    clear_frees_the_addresses,
    login_limiter::clear_removes_the_failures_of_the_email,
    Fault::ClearFreesTheAddresses
);
fault!(
    clear_frees_every_email,
    login_limiter::clear_removes_the_failures_of_the_email,
    Fault::ClearFreesEveryEmail
);
fault!(deadline_ignored, login_limiter::call_past_its_deadline_changes_nothing, Fault::DeadlineIgnored);
fault!(
    no_address_is_known,
    login_limiter::failures_from_elsewhere_do_not_block_a_known_address,
    Fault::NoAddressIsKnown
);
fault!(
    known_address_has_no_limit,
    login_limiter::known_address_has_a_limit_of_its_own,
    Fault::KnownAddressHasNoLimit
);
fault!(
    known_address_is_exempt,
    login_limiter::known_address_counts_by_address_as_well,
    Fault::KnownAddressIsExempt
);
fault!(
    shared_address_is_known,
    login_limiter::address_of_many_emails_is_known_for_none,
    Fault::SharedAddressIsKnown
);
fault!(
    known_addresses_are_unbounded,
    login_limiter::least_recent_known_address_leaves,
    Fault::KnownAddressesAreUnbounded
);
fault!(known_forever, login_limiter::address_is_known_for_a_time, Fault::KnownForever);
fault!(
    known_success_clears_the_email,
    login_limiter::success_from_a_known_address_keeps_the_failures_of_others,
    Fault::KnownSuccessClearsTheEmail
);
fault!(no_daily_limit, login_limiter::daily_limit_admits_one_attempt_a_minute, Fault::NoDailyLimit);
fault!(
    daily_limit_blocks_altogether,
    login_limiter::daily_limit_admits_one_attempt_a_minute,
    Fault::DailyLimitBlocksAltogether
);
fault!(
    daily_limit_counts_from_the_start,
    login_limiter::daily_count_starts_with_a_full_window,
    Fault::DailyLimitCountsFromTheStart
);
fault!(
    one_daily_count_for_all,
    login_limiter::daily_counts_of_known_and_unknown_addresses_are_separate,
    Fault::OneDailyCountForAll
);
fault!(
    success_keeps_the_daily_count,
    login_limiter::success_clears_the_daily_count,
    Fault::SuccessKeepsTheDailyCount
);
fault!(
    known_success_clears_the_daily_count,
    login_limiter::known_success_keeps_the_daily_count_of_others,
    Fault::KnownSuccessClearsTheDailyCount
);
fault!(
    abandoned_stays_in_the_daily_count,
    login_limiter::abandoned_attempt_leaves_the_daily_count,
    Fault::AbandonedStaysInTheDailyCount
);
fault!(
    daily_count_never_leaves,
    login_limiter::failures_leave_the_daily_count_after_a_day,
    Fault::DailyCountNeverLeaves
);
fault!(no_network_key, login_limiter::network_key_rejects_after_its_limit, Fault::NoNetworkKey);
fault!(
    success_keeps_its_share_of_the_network,
    login_limiter::success_clears_its_share_of_the_network,
    Fault::SuccessKeepsItsShareOfTheNetwork
);
fault!(exempt_is_counted, login_limiter::exempt_address_counts_by_email_only, Fault::ExemptIsCounted);
fault!(
    clear_keeps_the_known_addresses,
    login_limiter::clear_forgets_the_known_addresses_and_the_daily_count,
    Fault::ClearKeepsTheKnownAddresses
);
fault!(
    clear_keeps_the_address,
    login_limiter::clear_removes_the_failures_of_the_address,
    Fault::ClearKeepsTheAddress
);
fault!(forget_does_nothing, login_limiter::forget_addresses_keeps_the_other_counts, Fault::ForgetDoesNothing);
fault!(
    forget_clears_the_email,
    login_limiter::forget_addresses_keeps_the_other_counts,
    Fault::ForgetClearsTheEmail
);
fault!(status_is_empty, login_limiter::status_counts_what_is_stored, Fault::StatusIsEmpty);
fault!(
    known_address_is_unknown_under_attack,
    login_limiter::owner_logs_in_from_a_known_address_during_an_attack,
    Fault::NoAddressIsKnown
);
