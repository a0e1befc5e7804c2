//! What a denylist may get wrong.

use crate::denylist::Fault;

fault!(add_forgets, denylist::added_token_is_found, Fault::AddForgets);
fault!(add_is_seen_later, denylist::added_token_is_found_by_racing_readers, Fault::AddIsSeenLater);
fault!(everything_is_found, denylist::other_tokens_are_not_found, Fault::EverythingIsFound);
fault!(entry_dies_with_its_token, denylist::entry_outlives_its_token, Fault::EntryDiesWithItsToken);
fault!(entry_never_goes, denylist::entry_is_gone_after_the_margin, Fault::EntryNeverGoes);
fault!(second_add_replaces, denylist::adding_twice_keeps_the_later_time, Fault::SecondAddReplaces);
fault!(first_add_stays, denylist::adding_twice_keeps_the_later_time, Fault::FirstAddStays);
