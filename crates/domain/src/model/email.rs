//! Email addresses in their canonical form.

use std::fmt;

use thiserror::Error;

/// An email address, trimmed and in lower case: the form for lookups, limit keys and claims.
///
/// It is a valid e-mail address of the HTML standard (`<input type=email>`) with at most [`Email::MAX_LENGTH`] characters.
/// `Debug` and logs do not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The reason why a text is not an email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidEmail {
    /// It is empty after trimming.
    #[error("the email is empty")]
    Empty,
    /// It has more than [`Email::MAX_LENGTH`] characters.
    #[error("the email is longer than 255 characters")]
    TooLong,
    /// It is not valid by the HTML standard.
    #[error("the email is not a valid address")]
    Malformed,
}

impl Email {
    /// The maximum length in characters: the width of the column.
    pub const MAX_LENGTH: usize = 255;

    /// Parses the text of a client: trims it, checks it and changes it to lower case.
    ///
    /// Only ASCII is valid, so lower case is unambiguous, and parsing an accepted address again changes nothing.
    ///
    /// # Errors
    /// [`InvalidEmail`] with the first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        if trimmed.chars().count() > Self::MAX_LENGTH {
            return Err(InvalidEmail::TooLong);
        }
        let (local, domain) = trimmed.split_once('@').ok_or(InvalidEmail::Malformed)?;
        if local.is_empty() || !local.bytes().all(is_local_byte) {
            return Err(InvalidEmail::Malformed);
        }
        if !domain.split('.').all(is_label) {
            return Err(InvalidEmail::Malformed);
        }
        Ok(Self(trimmed.to_ascii_lowercase()))
    }

    /// The email of a source that has checked it: a row of the users' table, or a signed claim.
    ///
    /// Other services write that table with a less strict rule, and their users must be readable.
    #[must_use]
    pub fn from_trusted(text: String) -> Self {
        Self(text)
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// Whether the HTML standard allows the character before the `@`.
fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// Whether the text is a domain label: letters, digits and inner hyphens, at most 63 characters (RFC 1034 §3.5).
fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    bytes.len() <= 63
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_trimmed_and_in_lower_case() {
        let email = Email::parse("  Owner@Example.COM\t").unwrap();
        assert_eq!(email.as_str(), "owner@example.com");
    }

    #[test]
    fn addresses_outside_the_html_rule_are_rejected() {
        for text in [
            "owner",
            "@example.com",
            "owner@",
            "a@b@c",
            "owner@-a.com",
            "owner@a-.com",
            "owner@a..b",
            "ow ner@a.b",
            "owner@a.b.",
            "öwner@a.b",
            "owner@exämple.com",
            "own\ner@a.b",
            "owner@a_b.c",
            "\"owner\"@a.b",
            "owner@[127.0.0.1]",
            "o\0wner@a.b",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail::Malformed), "{text:?}");
        }
        assert_eq!(Email::parse(" \t "), Err(InvalidEmail::Empty));
    }

    #[test]
    fn the_longest_address_has_255_characters() {
        let label = "a".repeat(63);
        let domain = format!("{label}.{label}.{label}");
        let fits = format!("{}@{domain}", "l".repeat(255 - 1 - domain.len()));
        assert_eq!(Email::parse(&fits).unwrap().as_str().len(), 255);
        assert_eq!(Email::parse(&format!("l{fits}")), Err(InvalidEmail::TooLong));
        assert_eq!(Email::parse(&format!("a@{}", "b".repeat(64))), Err(InvalidEmail::Malformed));
    }

    #[test]
    fn debug_does_not_show_the_address() {
        assert_eq!(format!("{:?}", Email::parse("a@b.c").unwrap()), "Email(..)");
    }

    proptest! {
        // S-18
        #[test]
        fn parsing_twice_changes_nothing(text in "[ ]{0,2}[A-Za-z0-9.!#+_-]{1,20}@[A-Za-z0-9]{1,10}(\\.[A-Za-z0-9-]{1,10}){0,3}[ ]{0,2}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(&Email::parse(email.as_str()).unwrap(), &email);
                prop_assert_eq!(&Email::parse(&text.to_uppercase()).unwrap(), &email);
            }
        }

        #[test]
        fn any_text_is_rejected_or_a_plain_address(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(!email.as_str().bytes().any(|byte| byte.is_ascii_control() || byte == b' '));
                prop_assert!(email.as_str().len() <= Email::MAX_LENGTH);
            }
        }
    }
}
