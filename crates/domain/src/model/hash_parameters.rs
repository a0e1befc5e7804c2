//! The parameters of stored password hashes.

use std::fmt;

/// The public beginning of a stored hash, without salt and hash: `$argon2id$v=19$m=19456,t=2,p=1`.
///
/// It determines the cost of the hash. It neither identifies a user nor helps to guess a password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashParameters(String);

/// The parameters of stored hashes, with the number of users who have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashParametersInUse {
    /// The parameters.
    pub parameters: HashParameters,
    /// The number of users.
    pub users: u64,
}

impl HashParameters {
    /// The longest text that is accepted, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The parameters in `text`; `None` if it is too long or has other characters than parameters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_parameter = |byte: u8| byte.is_ascii_alphanumeric() || b"$=,-".contains(&byte);
        let is_accepted = text.len() <= Self::MAX_BYTES && text.bytes().all(is_parameter);
        is_accepted.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HashParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_short_and_plain() {
        let argon2id = "$argon2id$v=19$m=19456,t=2,p=1";
        for text in [argon2id, "$2b$12", "$pbkdf2-sha256$i=600000,l=32", "$scrypt$ln=17,r=8,p=1"] {
            assert_eq!(HashParameters::parse(text).unwrap().as_str(), text);
        }
        for text in ["m=1 t=2", "m=1\n", "someone@example.com", &"m".repeat(65)] {
            assert_eq!(HashParameters::parse(text), None, "{text}");
        }
    }
}
