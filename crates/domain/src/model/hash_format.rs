//! The formats of stored password hashes.

use std::fmt;

/// The format of a stored password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashFormat {
    /// A PHC string of Argon2id, the format of new hashes.
    Argon2id,
    /// The format of the legacy service.
    Legacy,
    /// bcrypt.
    Bcrypt,
    /// PBKDF2 with SHA-256 or SHA-512.
    Pbkdf2,
    /// scrypt.
    Scrypt,
}

/// Whether passwords verify against a stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashUse {
    /// They verify.
    Verifies(HashFormat),
    /// They would verify if a setting accepted the format.
    SwitchedOff(HashFormat),
    /// They never verify: the text has no known format, or its parameters are out of bounds.
    Unusable,
}

impl HashFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Argon2id, Self::Legacy, Self::Bcrypt, Self::Pbkdf2, Self::Scrypt];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Argon2id => "argon2id",
            Self::Legacy => "legacy",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2 => "pbkdf2",
            Self::Scrypt => "scrypt",
        }
    }

    /// What an operator does to accept the format; `None` if it is always accepted.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Argon2id => None,
            Self::Legacy => Some("set PASSWORD__LEGACY=on"),
            Self::Bcrypt => Some("add bcrypt to PASSWORD__FORMATS"),
            Self::Pbkdf2 => Some("add pbkdf2 to PASSWORD__FORMATS"),
            Self::Scrypt => Some("add scrypt to PASSWORD__FORMATS"),
        }
    }
}

impl fmt::Display for HashFormat {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Self::Argon2id => "Argon2id",
            Self::Legacy => "the legacy service",
            Self::Bcrypt => "bcrypt",
            Self::Pbkdf2 => "PBKDF2",
            Self::Scrypt => "scrypt",
        })
    }
}
