//! The seeded faults of a store of legacy refresh tokens.

use crate::legacy_refresh_tokens::Fault;

fault!(find_consumes, legacy_refresh_tokens::legacy_token_returns_its_holder, Fault::FindConsumes);
fault!(
    unknown_is_consumed,
    legacy_refresh_tokens::unknown_legacy_token_has_no_holder,
    Fault::UnknownIsConsumed
);
fault!(
    non_atomic_consume,
    legacy_refresh_tokens::one_concurrent_consume_of_a_legacy_token_wins,
    Fault::NonAtomicConsume
);
fault!(
    rejected_is_found,
    legacy_refresh_tokens::ending_all_sessions_rejects_the_legacy_tokens,
    Fault::RejectedIsFound
);
fault!(
    found_before_is_consumed,
    legacy_refresh_tokens::ending_all_sessions_rejects_the_legacy_tokens,
    Fault::FoundBeforeIsConsumed
);
fault!(
    end_all_rejects_every_user,
    legacy_refresh_tokens::legacy_tokens_of_other_users_stay_valid,
    Fault::EndAllRejectsEveryUser
);
fault!(
    end_ignores_the_holder,
    legacy_refresh_tokens::legacy_token_of_another_user_is_not_changed,
    Fault::EndIgnoresTheHolder
);
fault!(
    end_of_unknown_token_revokes,
    legacy_refresh_tokens::legacy_token_of_another_user_is_not_changed,
    Fault::EndOfUnknownTokenRevokes
);
fault!(
    end_keeps_the_token,
    legacy_refresh_tokens::ending_a_legacy_token_revokes_the_access_token,
    Fault::EndKeepsTheToken
);
fault!(
    end_revokes_nothing,
    legacy_refresh_tokens::ending_a_legacy_token_revokes_the_access_token,
    Fault::EndRevokesNothing
);
fault!(
    deadline_ignored,
    legacy_refresh_tokens::call_past_its_deadline_changes_nothing,
    Fault::DeadlineIgnored
);
