//! Arguments that are parsed after clap has split them.

use auth_domain::model::Email;

use crate::command_error::CommandError;

/// Parses an email.
pub(super) fn email(text: &str) -> Result<Email, CommandError> {
    Email::parse(text).map_err(|problem| CommandError::Arguments(problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_email_is_a_mistake_in_the_arguments() {
        let failure = email("owner.example.com").unwrap_err();
        assert!(matches!(failure, CommandError::Arguments(_)), "{failure:?}");
        assert_eq!(failure.to_string(), "the email is not a valid address");
    }
}
