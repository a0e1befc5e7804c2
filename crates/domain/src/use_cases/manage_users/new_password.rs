//! The rule for new passwords (S-26).

use super::error::ManageUsersError;
use crate::model::{Email, Password, PasswordPolicy};
use crate::ports::PasswordStrength;

/// The names of the product that people use in passwords.
const PRODUCT: [&str; 4] = ["hooksentry auth", "hooksentry", "hook", "sentry"];
/// The minimum length of a part of an email; shorter parts are ignored.
const SHORTEST_PART: usize = 3;

/// Checks the length, and how easily an attacker who knows the email guesses the password.
pub(super) fn check(
    password: &Password,
    email: &Email,
    policy: PasswordPolicy,
    strength: &dyn PasswordStrength,
) -> Result<(), ManageUsersError> {
    let min_length = policy.min_length;
    if password.characters() < min_length {
        return Err(ManageUsersError::PasswordTooShort { min_length });
    }
    match strength.weakness(password, &context(email)) {
        Some(weakness) => Err(ManageUsersError::PasswordGuessable(weakness)),
        None => Ok(()),
    }
}

/// Returns the words that an attacker tries: the email, its parts, and the names of the product.
fn context(email: &Email) -> Vec<String> {
    let email = email.as_str();
    let sides = email.split('@');
    let parts = email.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| part.len() >= SHORTEST_PART);
    [email].into_iter().chain(sides).chain(parts).chain(PRODUCT).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-26
    #[test]
    fn the_email_its_parts_and_the_product_are_guessed() {
        let context = context(&Email::parse("ada.b+lovelace@mail.example.com").unwrap());
        for part in [
            "ada.b+lovelace@mail.example.com",
            "ada.b+lovelace",
            "mail.example.com",
            "lovelace",
            "hooksentry",
        ] {
            assert!(context.iter().any(|text| text == part), "{part}: {context:?}");
        }
        assert!(!context.iter().any(|text| text == "b"), "{context:?}");
    }
}
