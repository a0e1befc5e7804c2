//! The seeded faults of a password hasher.

use crate::password_hasher::Fault;

fault!(
    any_password_verifies,
    password_hasher::hash_verifies_only_its_own_password,
    Fault::AnyPasswordVerifies
);
fault!(password_is_trimmed, password_hasher::every_byte_of_the_password_counts, Fault::PasswordIsTrimmed);
fault!(case_is_folded, password_hasher::every_byte_of_the_password_counts, Fault::CaseIsFolded);
fault!(password_is_cut, password_hasher::every_byte_of_the_password_counts, Fault::PasswordIsCut);
fault!(salt_is_constant, password_hasher::every_hash_has_its_own_salt, Fault::SaltIsConstant);
fault!(wrong_algorithm, password_hasher::new_hashes_are_phc_strings, Fault::WrongAlgorithm);
fault!(
    outdated_never_reported,
    password_hasher::hash_of_other_parameters_is_outdated,
    Fault::OutdatedNeverReported
);
fault!(legacy_format_unknown, password_hasher::legacy_hash_verifies_as_outdated, Fault::LegacyFormatUnknown);
fault!(
    legacy_format_is_current,
    password_hasher::legacy_hash_verifies_as_outdated,
    Fault::LegacyFormatIsCurrent
);
fault!(unusable_is_counted, password_hasher::usability_is_what_verify_finds, Fault::UnusableIsCounted);
fault!(unusable_is_invalid, password_hasher::malformed_hash_is_unusable, Fault::UnusableIsInvalid);
fault!(
    parameters_not_bounded,
    password_hasher::excessive_parameters_are_rejected,
    Fault::ParametersNotBounded
);
fault!(missing_hash_verifies, password_hasher::missing_hash_never_verifies, Fault::MissingHashVerifies);
fault!(
    missing_hash_costs_nothing,
    password_hasher::missing_hash_never_verifies,
    Fault::MissingHashCostsNothing
);
fault!(
    cheap_hash_costs_less,
    password_hasher::rejection_costs_as_much_as_the_most_expensive_hash,
    Fault::CheapHashCostsLess
);
fault!(
    inactive_user_costs_less,
    password_hasher::rejection_costs_as_much_as_the_most_expensive_hash,
    Fault::InactiveUserCostsLess
);
fault!(
    dropped_admissions_keep_their_place,
    password_hasher::dropped_admissions_release_their_place,
    Fault::DroppedCallsKeepTheirPlace
);
fault!(queue_is_unbounded, password_hasher::full_queue_returns_overloaded, Fault::QueueIsUnbounded);
fault!(
    full_queue_is_unavailable,
    password_hasher::full_queue_returns_overloaded,
    Fault::FullQueueIsUnavailable
);
fault!(
    dropped_calls_keep_their_place,
    password_hasher::dropped_calls_release_their_place,
    Fault::DroppedCallsKeepTheirPlace
);
