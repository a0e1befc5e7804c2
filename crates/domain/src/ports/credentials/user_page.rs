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

impl UserPage {
    /// The page of the rows that a store read with this limit. A full page may not be the last one.
    pub fn of_rows<R>(rows: Vec<R>, limit: u32, cursor: impl Fn(&R) -> UserCursor) -> Self
    where
        User: TryFrom<R, Error = UnreadableUser>,
    {
        let is_full = usize::try_from(limit).is_ok_and(|limit| rows.len() >= limit);
        let mut page = Self { end: rows.last().filter(|_| is_full).map(cursor), ..Self::default() };
        for row in rows {
            match User::try_from(row) {
                Ok(user) => page.users.push(user),
                Err(row) => page.unreadable.push(row),
            }
        }
        page
    }
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
