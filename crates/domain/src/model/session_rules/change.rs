//! What a rule returns.

use crate::model::{LiveAccessToken, RefreshMinute, SessionRecord};

/// The outcome of a call, and the change that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<T> {
    /// The outcome for the caller.
    pub outcome: T,
    /// What to store before the caller gets the outcome; `None` if nothing changes.
    pub change: Option<Change>,
}

/// A record to store, and access tokens to write to the denylist.
///
/// A store that does both in one transaction stores [`SessionRecord::denylisted`]. Any other stores `record` first,
/// writes the tokens, and then stores `denylisted`. If it fails in between, the next call for this session returns
/// the same tokens again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The new record.
    pub record: SessionRecord,
    /// The access tokens to write to the denylist, in this order.
    pub denylist: Vec<LiveAccessToken>,
    /// The new minute of the user; `None` if it does not change.
    pub user_minute: Option<RefreshMinute>,
}

impl<T> Decision<T> {
    /// A decision that changes nothing.
    pub(super) const fn unchanged(outcome: T) -> Self {
        Self { outcome, change: None }
    }
}

impl Change {
    /// A change of the record and of the denylist.
    pub(super) const fn new(record: SessionRecord, denylist: Vec<LiveAccessToken>) -> Self {
        Self { record, denylist, user_minute: None }
    }
}
