//! The settings that were taken from the sources, with whether each may be printed.

use std::collections::BTreeMap;

/// What a setting contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A value that may be shown.
    Public,
    /// The path of a file without a secret, or with one that has no setting of its own.
    Path,
    /// A secret.
    Secret,
    /// The path of a file with a secret.
    SecretPath,
}

/// The content of each setting that was taken. A setting that is not here is unknown or unused: it may be a misspelt secret.
pub(super) type Taken = BTreeMap<String, Content>;
