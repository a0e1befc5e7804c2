//! How easily a new password is guessed.

use thiserror::Error;

use crate::model::Password;

/// Estimates how easily a new password is guessed. It is asked when a password is set, and never at login.
///
/// # Contract
/// - The work MUST be bounded, however long the password is.
/// - The texts of `context` MUST count as known to the attacker, in upper and lower case.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait PasswordStrength: Send + Sync {
    /// The reason why `password` is too easy to guess; `None` if it is not.
    ///
    /// # Parameters
    /// - `context`: what every attacker of this account knows: the email and its parts, the name of the product.
    fn weakness(&self, password: &Password, context: &[String]) -> Option<PasswordWeakness>;
}

/// Why a password is easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordWeakness {
    /// It is in the lists of common passwords, or similar to one of them.
    #[error("it is a common password, or similar to one")]
    Common,
    /// The same characters again and again.
    #[error("it repeats the same characters")]
    Repetition,
    /// Consecutive letters or digits.
    #[error("it is a sequence such as abc or 123")]
    Sequence,
    /// Neighbouring keys.
    #[error("it follows the rows of a keyboard")]
    Keyboard,
    /// A name.
    #[error("it is a name, or little more than one")]
    Name,
    /// A date or a year.
    #[error("it is a date or a year, or little more than one")]
    Date,
    /// A word, the email or the name of the product.
    #[error("it is a word, a part of the email or the name of this product, or little more")]
    Word,
    /// No single reason.
    #[error("it consists of parts that are guessed early")]
    Predictable,
}
