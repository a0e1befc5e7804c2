//! The contract of `SessionStore`.

mod capacity;
mod deadline;
mod ending;
mod expiry;
mod listing;
mod ownership;
mod retry;
mod reuse;
mod revocation;
mod rotation;
mod steps;

pub use capacity::{full_session_names_its_oldest_access_token, one_session_too_many_ends_the_longest_idle};
pub use deadline::call_past_its_deadline_changes_nothing;
pub use ending::{
    end_racing_rotate_leaves_nothing_alive, end_repeated_completes, ended_session_tells_its_reason,
    ending_an_unknown_session_changes_nothing, first_reason_stays,
};
pub use expiry::{expired_token_is_gone, rotation_extends_the_idle_limit, session_has_an_absolute_end};
pub use listing::{end_all_ends_only_this_users_sessions, list_names_the_live_sessions};
pub use ownership::{other_tenant_changes_nothing, session_is_found_only_with_its_user};
pub use retry::{
    access_token_of_a_retry_dies_with_the_session, keyed_retry_gets_the_sealed_successor,
    retry_after_the_successor_was_used_ends_the_session, retry_with_another_key_is_no_retry,
};
pub use reuse::{
    no_leeway_means_reuse_at_once, older_token_ends_the_session_within_the_leeway,
    predecessor_within_the_leeway_ends_nothing, reuse_is_recognised_after_many_rotations,
    reused_token_ends_the_session, rotation_by_a_clock_ahead_prolongs_no_leeway,
};
pub use revocation::{
    end_also_revokes_the_presented_token, ended_session_denylists_a_token_within_the_margin,
    ended_session_denylists_its_access_tokens, reuse_denylists_the_access_tokens,
};
pub use rotation::{one_racer_wins, repeated_rotation_is_idempotent, winner_of_the_race_goes_on};
