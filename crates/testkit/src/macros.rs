//! The macros that run a contract suite on an adapter. Each expands to one test per obligation of the port.

/// Runs the contract of `SessionStore` on the [`SessionFixture`](crate::SessionFixture) that the future returns.
#[macro_export]
macro_rules! session_store_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod session_store_contract = session_store, $fixture;
            repeated_open_changes_nothing,
            repeated_open_does_not_revive_an_ended_session,
            one_concurrent_rotation_wins,
            only_the_successor_of_the_winner_is_current,
            repeated_rotation_is_idempotent,
            predecessor_in_the_grace_period_ends_nothing,
            reused_token_ends_the_session,
            clock_ahead_does_not_prolong_the_grace_period,
            without_a_grace_period_reuse_is_immediate,
            older_token_ends_the_session_in_the_grace_period,
            reuse_is_recognised_after_many_rotations,
            retry_returns_the_sealed_successor,
            access_token_of_a_retry_is_revoked_with_its_session,
            another_idempotency_key_is_not_a_retry,
            retry_after_the_successor_was_used_ends_the_session,
            shared_successor_is_the_one_of_the_rotation,
            successor_is_not_shared_after_the_grace_period,
            older_token_is_not_shared,
            used_successor_is_not_shared,
            access_token_of_a_shared_refresh_is_revoked_with_its_session,
            repeat_of_an_older_token_ends_nothing,
            repeated_reuse_is_detected_again,
            session_limit_consumes_nothing,
            user_limit_counts_all_sessions,
            concurrent_sessions_share_the_limit_of_their_user,
            retries_of_one_rotation_are_limited,
            repeated_refresh_counts_once_and_is_not_limited,
            reuse_is_not_limited,
            request_older_than_the_minute_counts_in_it,
            clock_ahead_does_not_prolong_a_rejection,
            limit_comes_before_the_room_for_an_access_token,
            expired_token_does_not_rotate,
            rotation_does_not_extend_the_absolute_limit,
            rotation_extends_the_idle_limit,
            session_of_a_clock_ahead_has_its_limits,
            access_token_of_a_clock_ahead_is_revoked,
            clock_behind_ends_no_session,
            other_tenant_changes_nothing,
            session_is_found_only_with_its_user,
            full_session_returns_its_oldest_access_token,
            full_session_may_release_its_oldest_access_token,
            ended_session_denylists_its_access_tokens,
            reuse_denylists_the_access_tokens,
            ended_session_denylists_a_token_within_the_margin,
            end_also_revokes_the_presented_token,
            repeated_end_succeeds,
            first_end_reason_is_kept,
            ending_an_unknown_session_changes_nothing,
            end_racing_a_rotation_leaves_no_usable_token,
            ended_session_returns_its_reason,
            session_over_the_limit_ends_the_longest_idle_one,
            end_all_ends_only_this_users_sessions,
            list_returns_the_live_sessions,
            call_past_its_deadline_changes_nothing,
        }
    };
}

/// Runs the contract of `Denylist` on the `Fixture<dyn Denylist>` that the future returns.
///
/// The denylist has the margin [`DENYLIST_MARGIN`](crate::DENYLIST_MARGIN).
#[macro_export]
macro_rules! denylist_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod denylist_contract = denylist, $fixture;
            added_token_is_found,
            added_token_is_found_by_concurrent_readers,
            other_tokens_are_not_found,
            entry_outlives_its_token,
            entry_expires_after_the_margin,
            entry_of_a_clock_ahead_outlives_its_token,
            adding_twice_keeps_the_later_expiry,
        }
    };
}

/// Runs the contract of `LegacyRefreshTokens` on the [`LegacyFixture`](crate::LegacyFixture) that the
/// future returns.
///
/// Only a store with the data of the legacy service implements this port.
#[macro_export]
macro_rules! legacy_refresh_tokens_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod legacy_refresh_tokens_contract = legacy_refresh_tokens, $fixture;
            legacy_token_returns_its_holder,
            unknown_legacy_token_has_no_holder,
            one_concurrent_claim_of_a_legacy_token_wins,
            repeated_claim_of_a_legacy_token_is_own,
            dead_claim_of_a_legacy_token_is_replaced,
            only_its_session_releases_a_claim,
            one_concurrent_consume_of_a_legacy_token_wins,
            consumed_legacy_token_returns_its_successor,
            waiting_ends_when_the_legacy_token_is_consumed,
            waiting_ends_at_the_deadline,
            ending_all_sessions_rejects_the_legacy_tokens,
            legacy_tokens_of_other_users_stay_valid,
            legacy_token_of_another_user_is_not_changed,
            ending_a_legacy_token_revokes_the_access_token,
            ending_a_consumed_legacy_token_revokes_the_access_token,
            call_past_its_deadline_changes_nothing,
        }
    };
}

/// Runs the contract of `LoginLimiter` on the `Fixture<dyn LoginLimiter>` that the future returns.
///
/// The limiter has the limits [`LOGIN_LIMITS`](crate::LOGIN_LIMITS).
#[macro_export]
macro_rules! login_limiter_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod login_limiter_contract = login_limiter, $fixture;
            reservations_never_exceed_the_limit_under_race,
            email_key_rejects_after_the_limit,
            address_key_rejects_after_the_limit,
            attempts_in_flight_are_busy_not_rejected,
            rejected_attempts_do_not_count,
            window_slides_and_retry_after_is_exact,
            success_clears_the_failures_of_its_email,
            success_keeps_the_failures_of_other_addresses,
            success_keeps_attempts_in_flight,
            abandoned_attempt_does_not_count,
            unsettled_attempt_counts_as_a_failure,
            attempt_without_address_counts_by_email_only,
            clock_going_back_does_not_reopen_the_limit,
            clock_ahead_does_not_prolong_a_rejection,
            clear_removes_the_failures_of_the_email,
            failures_from_elsewhere_do_not_block_a_known_address,
            owner_logs_in_from_a_known_address_during_an_attack,
            known_address_has_a_limit_of_its_own,
            known_address_counts_by_address_as_well,
            address_of_many_emails_is_known_for_none,
            least_recent_known_address_leaves,
            address_is_known_for_a_time,
            address_of_a_clock_ahead_is_known_for_its_time,
            success_from_a_known_address_keeps_the_failures_of_others,
            daily_limit_admits_one_attempt_a_minute,
            daily_count_starts_with_a_full_window,
            daily_counts_of_known_and_unknown_addresses_are_separate,
            success_clears_the_daily_count,
            known_success_keeps_the_daily_count_of_others,
            abandoned_attempt_leaves_the_daily_count,
            failures_leave_the_daily_count_after_a_day,
            daily_count_of_a_clock_ahead_ends_after_a_day,
            network_key_rejects_after_its_limit,
            success_clears_its_share_of_the_network,
            known_address_does_not_count_by_network,
            daily_limit_leaves_each_known_address_its_minute,
            exempt_address_counts_by_email_only,
            clear_forgets_the_known_addresses_and_the_daily_count,
            clear_removes_the_failures_of_the_address,
            forget_addresses_keeps_the_other_counts,
            status_counts_what_is_stored,
            call_past_its_deadline_changes_nothing,
        }
    };
}

/// Runs the contract of `UserRepository` on the [`UserRepositoryFixture`](crate::UserRepositoryFixture) that the
/// future returns.
#[macro_export]
macro_rules! user_repository_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod user_repository_contract = user_repository, $fixture;
            inserted_user_is_found_by_email_and_by_id,
            unknown_user_is_not_found,
            email_is_unique_under_race,
            unknown_tenant_is_rejected,
            rejected_users_do_not_reject_others,
            email_is_inserted_once_in_one_call,
            only_the_deleted_user_is_gone,
            default_tenant_is_created_once,
            hash_is_replaced_only_if_it_is_the_expected_one,
            one_concurrent_replace_wins,
            status_is_stored,
            pages_have_every_user_once,
            hash_parameters_are_counted_without_salts,
            user_without_password_has_no_hash,
            call_past_its_deadline_changes_nothing,
        }
    };
}

/// Runs the contract of `PasswordHasher` on the [`PasswordHasherFixture`](crate::PasswordHasherFixture) that the
/// future returns.
#[macro_export]
macro_rules! password_hasher_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod password_hasher_contract = password_hasher, $fixture;
            hash_verifies_only_its_own_password,
            every_byte_of_the_password_counts,
            every_hash_has_its_own_salt,
            new_hashes_are_phc_strings,
            hash_of_other_parameters_is_outdated,
            legacy_hash_verifies_as_outdated,
            malformed_hash_is_unusable,
            usability_is_what_verify_finds,
            excessive_parameters_are_rejected,
            missing_hash_never_verifies,
            rejection_costs_as_much_as_the_most_expensive_hash,
            full_queue_returns_overloaded,
            dropped_calls_release_their_place,
            dropped_admissions_release_their_place,
        }
    };
}

/// Runs the contract of `AccessTokens` on the [`AccessTokensFixture`](crate::AccessTokensFixture) that the
/// future returns.
#[macro_export]
macro_rules! access_tokens_contract {
    (fixture = $fixture:expr) => {
        $crate::__contract! {
            mod access_tokens_contract = access_tokens, $fixture;
            issued_token_verifies_to_its_claims,
            issued_token_has_the_claims_of_the_platform,
            every_vector_has_its_expected_outcome,
            expiry_is_checked_at_the_time_passed_in,
            other_key_is_rejected,
            previous_key_verifies,
        }
    };
}

/// Writes a module with one test per case, each with a new fixture.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract {
    (mod $module:ident = $suite:ident, $fixture:expr; $($case:ident),* $(,)?) => {
        mod $module {
            use super::*;

            $(
                #[test]
                fn $case() {
                    $crate::run(async {
                        let fixture = $fixture.await;
                        $crate::contracts::$suite::$case(&fixture).await;
                    });
                }
            )*
        }
    };
}
