//! What a user repository may get wrong.

use crate::user_repository::Fault;

fault!(email_not_found, user_repository::inserted_user_is_found_by_email_and_by_id, Fault::EmailNotFound);
fault!(role_not_stored, user_repository::inserted_user_is_found_by_email_and_by_id, Fault::RoleNotStored);
fault!(
    created_at_not_stored,
    user_repository::inserted_user_is_found_by_email_and_by_id,
    Fault::CreatedAtNotStored
);
fault!(stranger_found, user_repository::unknown_user_is_none, Fault::StrangerFound);
fault!(
    checks_the_email_before_it_inserts,
    user_repository::email_is_unique_under_race,
    Fault::ChecksTheEmailBeforeItInserts
);
fault!(
    taken_email_is_overwritten,
    user_repository::email_is_unique_under_race,
    Fault::TakenEmailIsOverwritten
);
fault!(tenant_not_checked, user_repository::unknown_tenant_is_rejected, Fault::TenantNotChecked);
fault!(
    default_tenant_made_by_every_caller,
    user_repository::default_tenant_is_created_once,
    Fault::DefaultTenantMadeByEveryCaller
);

fault!(
    expected_ignored,
    user_repository::hash_is_replaced_only_if_it_is_the_expected_one,
    Fault::ExpectedIgnored
);
fault!(
    missing_hash_matches_anything,
    user_repository::hash_is_replaced_only_if_it_is_the_expected_one,
    Fault::MissingHashMatchesAnything
);
fault!(
    replace_not_stored,
    user_repository::hash_is_replaced_only_if_it_is_the_expected_one,
    Fault::ReplaceNotStored
);
fault!(non_atomic_replace, user_repository::one_racing_replace_wins, Fault::NonAtomicReplace);
fault!(status_not_stored, user_repository::status_is_read_as_set, Fault::StatusNotStored);
fault!(status_set_for_everybody, user_repository::status_is_read_as_set, Fault::StatusSetForEverybody);
fault!(list_stops_early, user_repository::list_returns_every_user_once, Fault::ListStopsEarly);
fault!(list_is_unordered, user_repository::list_returns_every_user_once, Fault::ListIsUnordered);
fault!(
    parameters_with_the_salt,
    user_repository::hash_parameters_are_counted_without_salts,
    Fault::ParametersWithTheSalt
);
fault!(
    parameters_of_the_first_user,
    user_repository::hash_parameters_are_counted_without_salts,
    Fault::ParametersOfTheFirstUser
);
fault!(
    missing_hash_is_corrupt,
    user_repository::user_without_password_is_a_value,
    Fault::MissingHashIsCorrupt
);
fault!(missing_hash_is_empty, user_repository::user_without_password_is_a_value, Fault::MissingHashIsEmpty);
fault!(deadline_ignored, user_repository::call_past_its_deadline_changes_nothing, Fault::DeadlineIgnored);
