//! Errors of statements.

use auth_domain::ports::PortError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DriverError};

use super::message::redacted;

/// The first words of messages about permanent errors. The driver does not pass on their SQLSTATE. If the messages of the
/// server are not in English, these errors are `Unavailable`.
const PERMANENT: [&str; 4] =
    ["permission denied", "must be owner", "there is no unique or exclusion constraint", "value too long"];

/// The first words of the message about a statement that the server cancelled, which leaves the connection in order.
const CANCELLED: &str = "canceling statement due to";

/// The first words of messages about one connection only, in English, which is the language of most servers.
const CONNECTION_MESSAGES: [&str; 2] = ["terminating connection", "cached plan must not change result type"];

pub(super) fn translate(error: &DriverError) -> PortError {
    match error {
        DriverError::DatabaseError(kind, information) => of_kind(*kind, &**information),
        DriverError::DeserializationError(_) => PortError::corrupt(
            "a row cannot be read: a column has a value that this service cannot represent",
        ),
        _ => PortError::unavailable("the database driver failed"),
    }
}

fn of_kind(kind: DatabaseErrorKind, information: &(dyn DatabaseErrorInformation + Send + Sync)) -> PortError {
    let constraint = information.constraint_name().unwrap_or("without a name");
    match kind {
        DatabaseErrorKind::ReadOnlyTransaction => PortError::misconfigured(
            "the database is read-only; name the primary, which can be written to, in POSTGRES__URL",
        ),
        DatabaseErrorKind::NotNullViolation => PortError::misconfigured(format!(
            "the column {} of the table {} must not be null, has no default, and is unknown to this service; give it a \
             default, or create users on the HookSentry platform",
            information.column_name().unwrap_or("without a name"),
            information.table_name().unwrap_or("without a name"),
        )),
        DatabaseErrorKind::CheckViolation => {
            PortError::corrupt(format!("the row violates the check constraint {constraint}"))
        }
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation => {
            PortError::misconfigured(format!("the row violates the constraint {constraint}"))
        }
        _ => of_message(information),
    }
}

fn of_message(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> PortError {
    let message = information.message();
    let remedy = match information.statement_position() {
        Some(_) if !is_about_connection(information) => {
            "; run `migrate` if the database is empty, or `doctor` for a list of what is missing"
        }
        Some(_) | None => "",
    };
    let text = format!("the database reports: {}{remedy}", redacted(message));
    if is_permanent(information) { PortError::misconfigured(text) } else { PortError::unavailable(text) }
}

/// Whether a retry cannot succeed. An error in the statement itself, such as a missing table, has a position. So does the end of the
/// connection, if the server was parsing a statement.
pub(super) fn is_permanent(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    let is_in_statement = information.statement_position().is_some() && !is_about_connection(information);
    is_in_statement || PERMANENT.iter().any(|beginning| information.message().starts_with(beginning))
}

/// Whether the server cancelled the statement, because of a timeout or a lock.
pub(super) fn is_cancelled(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    information.message().starts_with(CANCELLED)
}

/// Whether the error concerns this connection only.
pub(super) fn is_about_connection(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    CONNECTION_MESSAGES.iter().any(|beginning| information.message().starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use auth_domain::ports::PortErrorKind;

    use super::*;

    struct Report {
        message: &'static str,
        position: Option<i32>,
    }

    impl DatabaseErrorInformation for Report {
        fn message(&self) -> &str {
            self.message
        }

        fn details(&self) -> Option<&str> {
            Some("Key (email)=(owner@example.com) already exists.")
        }

        fn hint(&self) -> Option<&str> {
            None
        }

        fn table_name(&self) -> Option<&str> {
            Some("users")
        }

        fn column_name(&self) -> Option<&str> {
            Some("plan")
        }

        fn constraint_name(&self) -> Option<&str> {
            Some("users_email_key")
        }

        fn statement_position(&self) -> Option<i32> {
            self.position
        }
    }

    fn translated(
        kind: DatabaseErrorKind,
        message: &'static str,
        position: Option<i32>,
    ) -> (PortErrorKind, String) {
        let error = translate(&DriverError::DatabaseError(kind, Box::new(Report { message, position })));
        (error.kind(), error.source().unwrap().to_string())
    }

    #[test]
    fn each_message_has_its_kind() {
        use DatabaseErrorKind as Kind;
        use PortErrorKind::{Corrupt, Misconfigured, Unavailable};
        for (kind, message, position, expected) in [
            (Kind::Unknown, "terminating connection due to administrator command", None, Unavailable),
            (Kind::Unknown, "terminating connection due to administrator command", Some(8), Unavailable),
            (Kind::Unknown, "canceling statement due to statement timeout", None, Unavailable),
            (Kind::Unknown, "canceling statement due to lock timeout", None, Unavailable),
            (Kind::Unknown, "deadlock detected", None, Unavailable),
            (Kind::UnableToSendCommand, "connection closed", None, Unavailable),
            (Kind::SerializationFailure, "could not serialize access", None, Unavailable),
            (Kind::Unknown, "relation \"users\" does not exist", Some(15), Misconfigured),
            (Kind::Unknown, "column users.role does not exist", Some(8), Misconfigured),
            (Kind::Unknown, "permission denied for table users", None, Misconfigured),
            (
                Kind::ReadOnlyTransaction,
                "cannot execute UPDATE in a read-only transaction",
                None,
                Misconfigured,
            ),
            (Kind::NotNullViolation, "null value", None, Misconfigured),
            (Kind::UniqueViolation, "duplicate key value", None, Misconfigured),
            (Kind::CheckViolation, "violates check", None, Corrupt),
        ] {
            assert_eq!(translated(kind, message, position).0, expected, "{message}");
        }
    }

    #[test]
    fn a_missing_table_names_the_commands_that_help() {
        let (_, text) = translated(DatabaseErrorKind::Unknown, "relation \"users\" does not exist", Some(15));
        assert!(text.contains("`migrate`") && text.contains("`doctor`"), "{text}");
    }

    // S-83
    #[test]
    fn no_error_text_shows_an_email_or_a_hash() {
        use DatabaseErrorKind as Kind;
        for kind in [Kind::Unknown, Kind::UniqueViolation, Kind::CheckViolation, Kind::NotNullViolation] {
            let message = "no account owner@example.com ($argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA) here";
            let (_, text) = translated(kind, message, None);
            assert!(!text.contains("example.com") && !text.contains("argon2id"), "{text}");
        }
    }
}
