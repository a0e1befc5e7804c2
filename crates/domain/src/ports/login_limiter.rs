//! The limit on failed logins.

use async_trait::async_trait;

use super::PortError;
use crate::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};

/// Counts login attempts per email and per address, before the password is looked at.
///
/// The limit is a number of failures in any window of a given length, on each axis. An attempt in
/// flight is not a failure, but takes a place, so that failures can never exceed the limit.
///
/// # Contract
/// - Failures and attempts in flight together MUST NOT exceed the limit on either axis, also under
///   race (`reservations_never_exceed_the_limit_under_race`).
/// - Once an axis has as many failures as the limit, `reserve` MUST be [`Reservation::Rejected`]
///   (`email_axis_refuses_after_the_limit`, `address_axis_refuses_after_the_limit`), whoever else is
///   in flight; it names the key that is full. While only attempts in flight fill it, it MUST be [`Reservation::Busy`]
///   (`attempts_in_flight_are_busy_not_refused`). Neither MUST count (`refused_attempts_do_not_count`).
/// - The window slides: a failure MUST count until exactly one window after its attempt, and
///   `retry_after` MUST be the time until that lets the next attempt in
///   (`window_slides_and_retry_after_is_true`).
/// - Success MUST free the email axis of settled failures, and the address axis of the failures made
///   on that email from that address, and of no others
///   (`success_clears_the_email_and_its_share_of_the_address`,
///   `success_leaves_other_addresses_counted`). Attempts in flight MUST stay
///   (`success_leaves_attempts_in_flight`).
/// - An abandoned attempt MUST leave no trace (`abandoned_attempt_leaves_no_trace`).
/// - An attempt that nobody settles MUST count as a failure after [`Ticket::SETTLEMENT_TIMEOUT`]
///   (`unsettled_attempt_counts_as_a_failure`).
/// - An attempt without an address MUST count on the email axis alone
///   (`attempt_without_address_counts_on_the_email_alone`).
/// - A stored time later than `now` MUST count as `now`, and from then on as that time: a clock that goes back by less
///   than the window MUST NOT reopen the limit (`clock_going_back_forgives_nothing`), and a clock that was ahead MUST NOT
///   prolong a rejection (`clock_that_was_ahead_prolongs_no_rejection`).
/// - `clear` MUST free the email axis (`clear_frees_the_email`).
/// - A call whose deadline has passed before it begins MUST change nothing and be an error of the
///   kind [`Unavailable`](super::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LoginLimiter: Send + Sync {
    /// Takes a place on both axes, in one atomic step, or on none.
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError>;

    /// Reports how an attempt ended. Repeating it changes nothing.
    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError>;

    /// Forgets every failure counted on the email axis, for administrators.
    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError>;
}
