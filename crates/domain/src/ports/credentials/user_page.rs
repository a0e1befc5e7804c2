//! Pages of all users.

use crate::model::User;
use crate::ports::UnreadableUser;

/// Some of all users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPage {
    /// The users.
    pub users: Vec<User>,
    /// The rows that cannot be read.
    pub unreadable: Vec<UnreadableUser>,
    /// The end of this page; `None` if it is the last one.
    pub end: Option<UserCursor>,
}

/// A position in the order in which a store lists its users. Its bytes have a meaning for the store only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCursor(Vec<u8>);

impl UserCursor {
    /// A position that the store recognises.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes that the store chose.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
