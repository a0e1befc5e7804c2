//! The seeded faults of a user repository.

use crate::user_repository::Fault;

fault!(email_not_found, user_repository::inserted_user_is_found_by_email_and_by_id, Fault::EmailNotFound);
fault!(role_not_stored, user_repository::inserted_user_is_found_by_email_and_by_id, Fault::RoleNotStored);
fault!(
    created_at_not_stored,
    user_repository::inserted_user_is_found_by_email_and_by_id,
    Fault::CreatedAtNotStored
);
fault!(unknown_user_is_found, user_repository::unknown_user_is_not_found, Fault::UnknownUserIsFound);
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
    every_caller_creates_the_default_tenant,
    user_repository::default_tenant_is_created_once,
    Fault::EveryCallerCreatesTheDefaultTenant
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
fault!(non_atomic_replace, user_repository::one_concurrent_replace_wins, Fault::NonAtomicReplace);
fault!(status_not_stored, user_repository::status_is_stored, Fault::StatusNotStored);
fault!(status_set_for_every_user, user_repository::status_is_stored, Fault::StatusSetForEveryUser);
fault!(pages_stop_early, user_repository::pages_have_every_user_once, Fault::PagesStopEarly);
fault!(
    pages_repeat_their_last_user,
    user_repository::pages_have_every_user_once,
    Fault::PagesRepeatTheirLastUser
);
fault!(page_is_too_large, user_repository::pages_have_every_user_once, Fault::PageIsTooLarge);
fault!(
    status_of_a_new_user_not_stored,
    user_repository::inserted_user_is_found_by_email_and_by_id,
    Fault::StatusOfNewUserNotStored
);
fault!(
    one_rejection_rejects_all,
    user_repository::rejected_users_do_not_reject_others,
    Fault::OneRejectionRejectsAll
);
fault!(
    rejected_id_is_inserted,
    user_repository::rejected_users_do_not_reject_others,
    Fault::RejectedIdIsInserted
);
fault!(
    repeated_email_is_inserted,
    user_repository::email_is_inserted_once_in_one_call,
    Fault::RepeatedEmailIsInserted
);
fault!(deletion_not_stored, user_repository::only_the_deleted_user_is_gone, Fault::DeletionNotStored);
fault!(deletes_every_user, user_repository::only_the_deleted_user_is_gone, Fault::DeletesEveryUser);
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
    parameters_of_malformed_texts,
    user_repository::hash_parameters_are_counted_without_salts,
    Fault::ParametersOfMalformedTexts
);
fault!(
    missing_hash_is_corrupt,
    user_repository::user_without_password_has_no_hash,
    Fault::MissingHashIsCorrupt
);
fault!(missing_hash_is_empty, user_repository::user_without_password_has_no_hash, Fault::MissingHashIsEmpty);
fault!(deadline_ignored, user_repository::call_past_its_deadline_changes_nothing, Fault::DeadlineIgnored);
