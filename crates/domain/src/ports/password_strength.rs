//! The strength of new passwords.

use thiserror::Error;

use crate::model::Password;

/// Estimates how easy it is to guess a new password. It is used when a password is set, never at login.
///
/// # Contract
/// - The work MUST be bounded, however long the password is.
/// - The texts of `context` MUST count as known to an attacker, in upper and lower case.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait PasswordStrength: Send + Sync {
    /// The reason why `password` is too easy to guess; `None` if it is not.
    ///
    /// # Parameters
    /// - `context`: texts that an attacker knows: the email, its parts, and the name of the product.
    fn weakness(&self, password: &Password, context: &[String]) -> Option<PasswordWeakness>;
}

/// The reason why a password is easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordWeakness {
    /// It is in the lists of common passwords, or similar to one of them.
    #[error("it is a common password, or similar to one")]
    Common,
    /// It repeats the same characters.
    #[error("it repeats the same characters")]
    Repetition,
    /// It is a sequence of letters or digits.
    #[error("it is a sequence such as abc or 123")]
    Sequence,
    /// It follows the rows of a keyboard.
    #[error("it follows the rows of a keyboard")]
    Keyboard,
    /// It is a name.
    #[error("it is a name, or little more than one")]
    Name,
    /// It is a date or a year.
    #[error("it is a date or a year, or little more than one")]
    Date,
    /// It is a word, a part of the email, or the name of the product.
    #[error("it is a word, a part of the email or the name of this product, or little more")]
    Word,
    /// There is no single reason.
    #[error("it consists of parts that are guessed early")]
    Predictable,
}
