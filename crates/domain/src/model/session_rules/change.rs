//! What a rule returns.

use crate::model::{LiveAccessToken, SessionRecord};

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
}

impl<T> Decision<T> {
    /// A decision that changes nothing.
    pub(super) const fn unchanged(outcome: T) -> Self {
        Self { outcome, change: None }
    }

    /// A decision that stores a record and writes nothing to the denylist.
    pub(super) const fn store(outcome: T, record: SessionRecord) -> Self {
        Self { outcome, change: Some(Change { record, denylist: Vec::new() }) }
    }
}
