//! The seeded faults of a denylist.

use crate::denylist::Fault;

fault!(add_stores_nothing, denylist::added_token_is_found, Fault::AddStoresNothing);
fault!(add_is_seen_later, denylist::added_token_is_found_by_concurrent_readers, Fault::AddIsSeenLater);
fault!(everything_is_found, denylist::other_tokens_are_not_found, Fault::EverythingIsFound);
fault!(entry_expires_with_its_token, denylist::entry_outlives_its_token, Fault::EntryExpiresWithItsToken);
fault!(entry_never_expires, denylist::entry_expires_after_the_margin, Fault::EntryNeverExpires);
fault!(
    entry_has_the_usual_lifetime,
    denylist::entry_of_a_clock_ahead_outlives_its_token,
    Fault::EntryHasTheUsualLifetime
);
fault!(second_add_replaces, denylist::adding_twice_keeps_the_later_expiry, Fault::SecondAddReplaces);
fault!(first_add_is_kept, denylist::adding_twice_keeps_the_later_expiry, Fault::FirstAddIsKept);
