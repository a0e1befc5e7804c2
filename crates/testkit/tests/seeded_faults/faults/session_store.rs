//! The seeded faults of a session store.

use crate::session_store::Fault;

fault!(
    repeated_open_starts_again,
    session_store::repeated_open_changes_nothing,
    Fault::RepeatedOpenStartsAgain
);
fault!(repeated_open_makes_room, session_store::repeated_open_changes_nothing, Fault::RepeatedOpenMakesRoom);
fault!(
    repeated_open_revives_the_session,
    session_store::repeated_open_does_not_revive_an_ended_session,
    Fault::RepeatedOpenRevivesTheSession
);
fault!(non_atomic_rotate, session_store::one_concurrent_rotation_wins, Fault::NonAtomicRotate);
fault!(
    loser_becomes_current,
    session_store::only_the_successor_of_the_winner_is_current,
    Fault::LoserBecomesCurrent
);
fault!(rotation_not_idempotent, session_store::repeated_rotation_is_idempotent, Fault::RotationNotIdempotent);
fault!(repeat_takes_room, session_store::repeated_rotation_is_idempotent, Fault::RepeatTakesRoom);
fault!(
    repeat_outlives_its_successor,
    session_store::repeated_rotation_is_idempotent,
    Fault::RepeatOutlivesItsSuccessor
);

fault!(
    grace_period_ignored,
    session_store::predecessor_in_the_grace_period_ends_nothing,
    Fault::GracePeriodIgnored
);
fault!(grace_period_never_ends, session_store::reused_token_ends_the_session, Fault::GracePeriodNeverEnds);
fault!(
    grace_period_in_the_future,
    session_store::clock_ahead_does_not_prolong_the_grace_period,
    Fault::GracePeriodInTheFuture
);
fault!(
    grace_period_never_zero,
    session_store::without_a_grace_period_reuse_is_immediate,
    Fault::GracePeriodNeverZero
);
fault!(
    grace_period_for_older_tokens,
    session_store::older_token_ends_the_session_in_the_grace_period,
    Fault::GracePeriodForOlderTokens
);
fault!(reuse_is_unknown, session_store::reused_token_ends_the_session, Fault::ReuseIsUnknown);
fault!(reuse_ends_nothing, session_store::reused_token_ends_the_session, Fault::ReuseEndsNothing);
fault!(
    reuse_forgotten_after_many_rotations,
    session_store::reuse_is_recognised_after_many_rotations,
    Fault::ReuseForgottenAfterManyRotations
);
fault!(
    whole_seconds_only,
    session_store::predecessor_in_the_grace_period_ends_nothing,
    Fault::WholeSecondsOnly
);

fault!(retry_lost, session_store::retry_returns_the_sealed_successor, Fault::RetryLost);
fault!(
    retry_only_within_the_grace_period,
    session_store::retry_returns_the_sealed_successor,
    Fault::RetryOnlyWithinTheGracePeriod
);
fault!(
    retry_forgets_its_access_token,
    session_store::access_token_of_a_retry_is_revoked_with_its_session,
    Fault::RetryForgetsItsAccessToken
);
fault!(retry_with_any_key, session_store::another_idempotency_key_is_not_a_retry, Fault::RetryWithAnyKey);
fault!(
    retry_outlives_its_successor,
    session_store::retry_after_the_successor_was_used_ends_the_session,
    Fault::RetryOutlivesItsSuccessor
);

fault!(
    shared_successor_forks,
    session_store::shared_successor_is_the_one_of_the_rotation,
    Fault::SharedSuccessorForks
);
fault!(
    share_without_address,
    session_store::shared_successor_is_the_one_of_the_rotation,
    Fault::ShareWithoutAddress
);
fault!(
    shared_after_the_grace_period,
    session_store::successor_is_not_shared_after_the_grace_period,
    Fault::SharedAfterTheGracePeriod
);
fault!(shared_with_older_tokens, session_store::older_token_is_not_shared, Fault::SharedWithOlderTokens);
fault!(shared_after_its_use, session_store::used_successor_is_not_shared, Fault::SharedAfterItsUse);
fault!(
    shared_forgets_its_access_token,
    session_store::access_token_of_a_shared_refresh_is_revoked_with_its_session,
    Fault::SharedForgetsItsAccessToken
);
fault!(
    repeat_of_an_older_token_is_reuse,
    session_store::repeat_of_an_older_token_ends_nothing,
    Fault::RepeatOfAnOlderTokenIsReuse
);
fault!(
    repeated_reuse_is_an_end,
    session_store::repeated_reuse_is_detected_again,
    Fault::RepeatedReuseIsAnEnd
);
fault!(session_limit_consumes, session_store::session_limit_consumes_nothing, Fault::SessionLimitConsumes);
fault!(session_limit_revokes, session_store::session_limit_consumes_nothing, Fault::SessionLimitRevokes);
fault!(session_limit_never_ends, session_store::session_limit_consumes_nothing, Fault::SessionLimitNeverEnds);
fault!(user_limit_per_session, session_store::user_limit_counts_all_sessions, Fault::UserLimitPerSession);
fault!(user_limit_for_all_users, session_store::user_limit_counts_all_sessions, Fault::UserLimitForAllUsers);
fault!(
    non_atomic_user_limit,
    session_store::concurrent_sessions_share_the_limit_of_their_user,
    Fault::NonAtomicUserLimit
);
fault!(retries_unlimited, session_store::retries_of_one_rotation_are_limited, Fault::RetriesUnlimited);
fault!(retries_stay_limited, session_store::retries_of_one_rotation_are_limited, Fault::RetriesStayLimited);
fault!(
    retry_limit_never_ends,
    session_store::retries_of_one_rotation_are_limited,
    Fault::SessionLimitNeverEnds
);
fault!(
    repeat_counts_twice,
    session_store::repeated_refresh_counts_once_and_is_not_limited,
    Fault::RepeatCountsTwice
);
fault!(
    repeat_is_limited,
    session_store::repeated_refresh_counts_once_and_is_not_limited,
    Fault::RepeatIsLimited
);
fault!(reuse_is_limited, session_store::reuse_is_not_limited, Fault::ReuseIsLimited);
fault!(
    minute_in_the_future,
    session_store::clock_ahead_does_not_prolong_a_rejection,
    Fault::MinuteInTheFuture
);
fault!(
    capacity_before_the_limit,
    session_store::limit_comes_before_the_room_for_an_access_token,
    Fault::CapacityBeforeTheLimit
);

fault!(
    older_request_starts_a_minute,
    session_store::request_older_than_the_minute_counts_in_it,
    Fault::OlderRequestStartsAMinute
);

fault!(idle_expiry_ignored, session_store::expired_token_does_not_rotate, Fault::IdleExpiryIgnored);
fault!(
    absolute_expiry_ignored,
    session_store::rotation_does_not_extend_the_absolute_limit,
    Fault::AbsoluteExpiryIgnored
);
fault!(expiry_by_own_clock, session_store::expired_token_does_not_rotate, Fault::ExpiryByOwnClock);
fault!(expiry_not_extended, session_store::rotation_extends_the_idle_limit, Fault::ExpiryNotExtended);
fault!(
    expiry_not_limited,
    session_store::rotation_does_not_extend_the_absolute_limit,
    Fault::ExpiryNotLimited
);

fault!(
    absolute_limit_in_the_future,
    session_store::session_of_a_clock_ahead_has_its_limits,
    Fault::AbsoluteLimitInTheFuture
);
fault!(
    tokens_in_the_future_are_kept,
    session_store::access_token_of_a_clock_ahead_is_revoked,
    Fault::TokensInTheFutureAreKept
);
fault!(
    sessions_in_the_future_are_expired,
    session_store::clock_behind_ends_no_session,
    Fault::SessionsInTheFutureAreExpired
);

fault!(tenant_not_checked, session_store::other_tenant_changes_nothing, Fault::TenantNotChecked);
fault!(
    tenant_not_checked_on_reuse,
    session_store::other_tenant_changes_nothing,
    Fault::TenantNotCheckedOnReuse
);
fault!(user_not_checked, session_store::session_is_found_only_with_its_user, Fault::UserNotChecked);

fault!(
    access_token_limit_ignored,
    session_store::full_session_returns_its_oldest_access_token,
    Fault::AccessTokenLimitIgnored
);
fault!(
    newest_access_token_returned,
    session_store::full_session_returns_its_oldest_access_token,
    Fault::NewestAccessTokenReturned
);
fault!(
    released_token_is_kept,
    session_store::full_session_returns_its_oldest_access_token,
    Fault::ReleasedTokenIsKept
);
fault!(
    released_token_is_not_denylisted,
    session_store::full_session_may_release_its_oldest_access_token,
    Fault::ReleasedTokenIsNotDenylisted
);
fault!(
    expired_access_tokens_take_room,
    session_store::full_session_returns_its_oldest_access_token,
    Fault::ExpiredAccessTokensTakeRoom
);
fault!(
    session_limit_ignored,
    session_store::session_over_the_limit_ends_the_longest_idle_one,
    Fault::SessionLimitIgnored
);
fault!(
    latest_session_ends,
    session_store::session_over_the_limit_ends_the_longest_idle_one,
    Fault::LatestSessionEnds
);
fault!(
    ended_sessions_take_room,
    session_store::session_over_the_limit_ends_the_longest_idle_one,
    Fault::EndedSessionsTakeRoom
);
fault!(
    surplus_session_does_not_denylist,
    session_store::session_over_the_limit_ends_the_longest_idle_one,
    Fault::SurplusSessionDoesNotDenylist
);

fault!(
    access_token_not_stored,
    session_store::ended_session_denylists_its_access_tokens,
    Fault::AccessTokenNotStored
);
fault!(
    end_does_not_denylist,
    session_store::ended_session_denylists_its_access_tokens,
    Fault::EndDoesNotDenylist
);
fault!(
    reuse_does_not_denylist,
    session_store::reuse_denylists_the_access_tokens,
    Fault::ReuseDoesNotDenylist
);
fault!(end_skips_also_revoke, session_store::end_also_revokes_the_presented_token, Fault::EndSkipsAlsoRevoke);
fault!(end_not_repeatable, session_store::repeated_end_succeeds, Fault::EndNotRepeatable);
fault!(
    ending_unknown_revokes,
    session_store::ending_an_unknown_session_changes_nothing,
    Fault::EndingUnknownRevokes
);
fault!(non_atomic_end, session_store::end_racing_a_rotation_leaves_no_usable_token, Fault::NonAtomicEnd);
fault!(first_reason_overwritten, session_store::first_end_reason_is_kept, Fault::FirstReasonOverwritten);
fault!(ended_is_unknown, session_store::ended_session_returns_its_reason, Fault::EndedIsUnknown);

fault!(
    end_all_ends_every_user,
    session_store::end_all_ends_only_this_users_sessions,
    Fault::EndAllEndsEveryUser
);
fault!(
    end_all_does_not_denylist,
    session_store::end_all_ends_only_this_users_sessions,
    Fault::EndAllDoesNotDenylist
);
fault!(
    end_all_counts_ended_sessions,
    session_store::end_all_ends_only_this_users_sessions,
    Fault::EndAllCountsEndedSessions
);
fault!(
    ended_sessions_are_listed,
    session_store::list_returns_the_live_sessions,
    Fault::EndedSessionsAreListed
);
fault!(
    expired_sessions_are_listed,
    session_store::list_returns_the_live_sessions,
    Fault::ExpiredSessionsAreListed
);
fault!(
    list_starts_with_the_oldest,
    session_store::list_returns_the_live_sessions,
    Fault::ListStartsWithTheOldest
);
fault!(created_at_not_stored, session_store::list_returns_the_live_sessions, Fault::CreatedAtNotStored);
fault!(rotated_at_not_stored, session_store::list_returns_the_live_sessions, Fault::RotatedAtNotStored);
fault!(deadline_ignored, session_store::call_past_its_deadline_changes_nothing, Fault::DeadlineIgnored);
fault!(
    margin_forgotten,
    session_store::ended_session_denylists_a_token_within_the_margin,
    Fault::MarginForgotten
);
