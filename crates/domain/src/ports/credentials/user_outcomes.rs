//! The outcomes of writes to users.

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// The user was inserted.
    Inserted,
    /// Another user has this email or this id. Nothing changed.
    Taken,
    /// The tenant does not exist. Nothing changed.
    UnknownTenant,
}

/// The outcome of a compare-and-set of the password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new hash is stored.
    Replaced,
    /// The stored hash is not the expected one, or the user does not exist. Nothing changed.
    Changed,
}

/// The outcome of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The user was deleted.
    Deleted,
    /// The user does not exist.
    Unknown,
    /// Rows of other tables refer to the user. Nothing changed.
    Referenced,
}
