//! The contract of `SessionStore`.

mod capacity;
mod clocks;
mod deadline;
mod ending;
mod expiry;
mod listing;
mod opening;
mod ownership;
mod refresh_limits;
mod retry;
mod reuse;
mod revocation;
mod rotation;
mod sharing;
mod support;

pub use capacity::{
    full_session_may_release_its_oldest_access_token, full_session_returns_its_oldest_access_token,
    session_over_the_limit_ends_the_longest_idle_one,
};
pub use clocks::{
    access_token_of_a_clock_ahead_is_revoked, clock_behind_ends_no_session,
    session_of_a_clock_ahead_has_its_limits,
};
pub use deadline::call_past_its_deadline_changes_nothing;
pub use ending::{
    end_racing_a_rotation_leaves_no_usable_token, ended_session_returns_its_reason,
    ending_an_unknown_session_changes_nothing, first_end_reason_is_kept, repeated_end_succeeds,
};
pub use expiry::{
    expired_token_does_not_rotate, rotation_does_not_extend_the_absolute_limit,
    rotation_extends_the_idle_limit,
};
pub use listing::{end_all_ends_only_this_users_sessions, list_returns_the_live_sessions};
pub use opening::{repeated_open_changes_nothing, repeated_open_does_not_revive_an_ended_session};
pub use ownership::{other_tenant_changes_nothing, session_is_found_only_with_its_user};
pub use refresh_limits::{
    clock_ahead_does_not_prolong_a_rejection, concurrent_sessions_share_the_limit_of_their_user,
    limit_comes_before_the_room_for_an_access_token, repeated_refresh_counts_once_and_is_not_limited,
    request_older_than_the_minute_counts_in_it, retries_of_one_rotation_are_limited, reuse_is_not_limited,
    session_limit_consumes_nothing, user_limit_counts_all_sessions,
};
pub use retry::{
    access_token_of_a_retry_is_revoked_with_its_session, another_idempotency_key_is_not_a_retry,
    retry_after_the_successor_was_used_ends_the_session, retry_returns_the_sealed_successor,
};
pub use reuse::{
    clock_ahead_does_not_prolong_the_grace_period, older_token_ends_the_session_in_the_grace_period,
    predecessor_in_the_grace_period_ends_nothing, reuse_is_recognised_after_many_rotations,
    reused_token_ends_the_session, without_a_grace_period_reuse_is_immediate,
};
pub use revocation::{
    end_also_revokes_the_presented_token, ended_session_denylists_a_token_within_the_margin,
    ended_session_denylists_its_access_tokens, reuse_denylists_the_access_tokens,
};
pub use rotation::{
    one_concurrent_rotation_wins, only_the_successor_of_the_winner_is_current,
    repeated_rotation_is_idempotent,
};
pub use sharing::{
    access_token_of_a_shared_refresh_is_revoked_with_its_session, older_token_is_not_shared,
    repeat_of_an_older_token_ends_nothing, repeated_reuse_is_detected_again,
    shared_successor_is_the_one_of_the_rotation, successor_is_not_shared_after_the_grace_period,
    used_successor_is_not_shared,
};
