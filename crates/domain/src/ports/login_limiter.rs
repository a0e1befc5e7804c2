//! The limit on failed logins.

use async_trait::async_trait;

use super::PortError;
use crate::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket,
};

/// Counts login attempts before the password is compared.
///
/// Each limit is a number of failures within a sliding window, on a limit key. An attempt in flight is not a failure, but
/// it takes a place, so that the failures can never exceed the limit. The rules are in
/// [`attempt_window`](crate::model::attempt_window).
///
/// # Contract
/// - Failures and attempts in flight together MUST NOT exceed the limit on any key, also under race
///   (`reservations_never_exceed_the_limit_under_race`).
/// - If a key has as many failures as the limit, `reserve` MUST return [`Reservation::Rejected`] with that key, whatever is
///   in flight (`email_key_rejects_after_the_limit`, `address_key_rejects_after_the_limit`,
///   `network_key_rejects_after_its_limit`). If only attempts in flight fill it, `reserve` MUST return
///   [`Reservation::Busy`] (`attempts_in_flight_are_busy_not_rejected`). Neither MUST count
///   (`rejected_attempts_do_not_count`).
/// - A failure MUST count until exactly one window after its attempt, and `retry_after` MUST be the time until the next
///   attempt is possible (`window_slides_and_retry_after_is_exact`).
/// - A success MUST make its address known for the email, for a time (`address_is_known_for_a_time`). Attempts from a known
///   address MUST count on the pair instead of the email (`failures_from_elsewhere_do_not_block_a_known_address`,
///   `owner_logs_in_from_a_known_address_during_an_attack`,
///   `known_address_has_a_limit_of_its_own`), and on the address like all others
///   (`known_address_counts_by_address_as_well`), but not on the network (`known_address_does_not_count_by_network`). An
///   address with successes of too many emails MUST be known for none
///   (`address_of_many_emails_is_known_for_none`), and the known addresses of an email MUST be bounded
///   (`least_recent_known_address_leaves`).
/// - A success MUST remove the settled failures on its email, and those on this email from its own address and network, and
///   no others (`success_clears_the_failures_of_its_email`, `success_keeps_the_failures_of_other_addresses`,
///   `success_clears_its_share_of_the_network`). From a known address it MUST remove those of the pair instead of those on
///   the email (`success_from_a_known_address_keeps_the_failures_of_others`). Attempts in flight MUST stay
///   (`success_keeps_attempts_in_flight`).
/// - An abandoned attempt MUST NOT count (`abandoned_attempt_does_not_count`, `abandoned_attempt_leaves_the_daily_count`).
/// - An attempt that is not settled within [`Ticket::SETTLEMENT_TIMEOUT`] MUST count as a failure
///   (`unsettled_attempt_counts_as_a_failure`).
/// - An attempt without an address MUST count by email only (`attempt_without_address_counts_by_email_only`), and so MUST one
///   from an exempt address (`exempt_address_counts_by_email_only`).
/// - When a window of an email is full, the email MUST enter the daily count (`daily_count_starts_with_a_full_window`). At the
///   daily limit, one attempt MUST be reserved in each [`LoginLimits::DAILY_PAUSE`](crate::model::attempt_window::LoginLimits::DAILY_PAUSE)
///   (`daily_limit_admits_one_attempt_a_minute`). Known addresses MUST have a count of their own
///   (`daily_counts_of_known_and_unknown_addresses_are_separate`), and each of them a minute of its own at its limit
///   (`daily_limit_leaves_each_known_address_its_minute`). A success MUST clear the count of its kind of address
///   alone (`success_clears_the_daily_count`, `known_success_keeps_the_daily_count_of_others`). Failures MUST leave the count
///   after a day (`failures_leave_the_daily_count_after_a_day`).
/// - A stored time later than `now` MUST count as `now`, and as that time from then on. A clock that goes back by less than
///   the window MUST NOT reopen the limit (`clock_going_back_does_not_reopen_the_limit`), and a clock that was ahead MUST NOT
///   prolong a rejection (`clock_ahead_does_not_prolong_a_rejection`), a daily count
///   (`daily_count_of_a_clock_ahead_ends_after_a_day`), or the time for which an address is known
///   (`address_of_a_clock_ahead_is_known_for_its_time`).
/// - `clear` MUST remove the failures on the email (`clear_removes_the_failures_of_the_email`), its known addresses and its
///   daily count (`clear_forgets_the_known_addresses_and_the_daily_count`), or the failures from the address and its network
///   (`clear_removes_the_failures_of_the_address`). `forget_addresses` MUST forget the known addresses alone
///   (`forget_addresses_keeps_the_other_counts`).
/// - `status` MUST return what is stored on an email (`status_counts_what_is_stored`).
/// - A call whose deadline has passed before it starts MUST change nothing and fail as
///   [`Unavailable`](super::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LoginLimiter: Send + Sync {
    /// Takes a place on every key that counts the attempt, in one atomic operation, or on none.
    ///
    /// # Parameters
    /// - `attempt`: the limit keys of the attempt, and its ticket.
    /// - `request_time`: the `now` of the window, and the deadline of the call.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline: the attempt is
    /// perhaps counted then. `Overloaded` if too many attempts wait. A full key is an outcome.
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError>;

    /// Stores the outcome of an attempt. Repeating the call changes nothing.
    ///
    /// # Parameters
    /// - `ticket`: the place that `reserve` returned.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline.
    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError>;

    /// Removes the failures on an email or from an address, for administrators. Attempts in flight stay.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline.
    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError>;

    /// Forgets the known addresses of an email, with their failures on it. Its other counts stay.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline.
    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError>;

    /// Returns the counts of an email, for administrators.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline.
    async fn status(&self, email: LimitKey, request_time: RequestTime)
    -> Result<EmailLimitStatus, PortError>;
}
