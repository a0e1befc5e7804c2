//! The explorer finds each seeded fault, by the invariant that it breaks.

use crate::explorer::explore;
use crate::fault::Fault;
use crate::invariants::Invariant;
use crate::scenario::{self, Scenario};

/// Writes a test that passes when the exploration of a scenario with a fault breaks this invariant.
macro_rules! found {
    ($name:ident, $fault:ident in $scenario:ident breaks $invariant:ident) => {
        #[test]
        fn $name() {
            assert_found(&scenario::$scenario, Fault::$fault, Invariant::$invariant);
        }
    };
}

fn assert_found(scenario: &Scenario, fault: Fault, invariant: Invariant) {
    let explored = explore(scenario, Some(fault));
    println!("{fault:?} in {}: {explored}", scenario.name);
    assert_eq!(explored.broken, Some(invariant), "{:?}", explored.violation);
}

found!(two_live_refresh_tokens_are_found, PredecessorRotates in REJECTED breaks OneLiveRefreshToken);
found!(two_successors_of_a_token_are_found, SharedSuccessorForks in SHARED breaks SingleUse);
found!(reuse_that_ends_nothing_is_found, ReuseEndsNothing in THEFT breaks ReuseEndsTheSession);
found!(forgotten_access_token_of_a_retry_is_found, RetryForgetsItsAccessToken in LOGOUT breaks EndRevokesAccessTokens);
found!(end_without_the_denylist_is_found, EndDoesNotDenylist in LOGOUT breaks EndRevokesAccessTokens);
found!(end_that_is_not_completed_is_found, PendingEndIsNotCompleted in LOGOUT_IN_A_CLUSTER breaks EndRevokesAccessTokens);
found!(response_before_the_denylist_is_found, ResponseBeforeDenylist in LOGOUT_IN_A_CLUSTER breaks EndRevokesAccessTokens);
found!(mark_removed_before_the_denylist_is_found, MarkRemovedFirst in LOGOUT_IN_A_CLUSTER breaks EndRevokesAccessTokens);
found!(rotation_after_the_end_is_found, EndedSessionRotates in LOGOUT breaks NothingAfterTheEnd);
found!(login_that_ignores_a_deactivation_is_found, LoginDoesNotReadAgain in DEACTIVATION breaks EndRevokesAccessTokens);
found!(missing_grace_period_is_found, GracePeriodIgnored in REJECTED breaks NoHonestLogout);
found!(repeat_that_is_judged_as_reuse_is_found, RepeatIsReuse in KEYED breaks NoHonestLogout);
found!(rotation_without_a_repeat_is_found, RotationNotIdempotent in REJECTED breaks NoHonestLogout);
found!(caller_that_is_denylisted_first_is_found, CallerDenylistedFirst in LOGOUT_IN_A_CLUSTER breaks LogoutIsRepeatable);
found!(lost_rotation_without_a_reason_is_found, LostRotationsHaveNoReason in FAILOVER breaks LostRotationHasItsReason);
found!(
    mark_removed_before_the_caller_is_found,
    MarkRemovedBeforeTheCaller in LOGOUT_IN_A_CLUSTER breaks EndRevokesAccessTokens
);
