//! The contract of `LoginLimiter`.

mod clearing;
mod limiting;
mod support;
mod time_passing;

pub use clearing::{
    abandoned_attempt_does_not_count, clear_removes_the_failures_of_the_email,
    success_clears_the_failures_of_its_email, success_keeps_attempts_in_flight,
    success_keeps_the_failures_of_other_addresses,
};
pub use limiting::{
    address_key_rejects_after_the_limit, attempt_without_address_counts_by_email_only,
    attempts_in_flight_are_busy_not_rejected, call_past_its_deadline_changes_nothing,
    email_key_rejects_after_the_limit, rejected_attempts_do_not_count,
    reservations_never_exceed_the_limit_under_race,
};
pub use time_passing::{
    clock_ahead_does_not_prolong_a_rejection, clock_going_back_does_not_reopen_the_limit,
    unsettled_attempt_counts_as_a_failure, window_slides_and_retry_after_is_exact,
};
