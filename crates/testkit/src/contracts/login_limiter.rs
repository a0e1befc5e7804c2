//! The contract of `LoginLimiter`.

mod administration;
mod clearing;
mod daily;
mod known_addresses;
mod limiting;
mod networks;
mod support;
mod time_passing;

pub use administration::{
    clear_forgets_the_known_addresses_and_the_daily_count, clear_removes_the_failures_of_the_address,
    forget_addresses_keeps_the_other_counts, status_counts_what_is_stored,
};
pub use clearing::{
    abandoned_attempt_does_not_count, clear_removes_the_failures_of_the_email,
    success_clears_the_failures_of_its_email, success_keeps_attempts_in_flight,
    success_keeps_the_failures_of_other_addresses,
};
pub use daily::{
    abandoned_attempt_leaves_the_daily_count, daily_count_of_a_clock_ahead_ends_after_a_day,
    daily_count_starts_with_a_full_window, daily_counts_of_known_and_unknown_addresses_are_separate,
    daily_limit_admits_one_attempt_a_minute, daily_limit_leaves_each_known_address_its_minute,
    failures_leave_the_daily_count_after_a_day, known_success_keeps_the_daily_count_of_others,
    success_clears_the_daily_count,
};
pub use known_addresses::{
    address_is_known_for_a_time, address_of_a_clock_ahead_is_known_for_its_time,
    address_of_many_emails_is_known_for_none, failures_from_elsewhere_do_not_block_a_known_address,
    known_address_counts_by_address_as_well, known_address_has_a_limit_of_its_own,
    least_recent_known_address_leaves, owner_logs_in_from_a_known_address_during_an_attack,
    success_from_a_known_address_keeps_the_failures_of_others,
};
pub use limiting::{
    address_key_rejects_after_the_limit, attempt_without_address_counts_by_email_only,
    attempts_in_flight_are_busy_not_rejected, call_past_its_deadline_changes_nothing,
    email_key_rejects_after_the_limit, rejected_attempts_do_not_count,
    reservations_never_exceed_the_limit_under_race,
};
pub use networks::{
    exempt_address_counts_by_email_only, known_address_does_not_count_by_network,
    network_key_rejects_after_its_limit, success_clears_its_share_of_the_network,
};
pub use time_passing::{
    clock_ahead_does_not_prolong_a_rejection, clock_going_back_does_not_reopen_the_limit,
    unsettled_attempt_counts_as_a_failure, window_slides_and_retry_after_is_exact,
};
