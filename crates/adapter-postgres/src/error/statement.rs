//! What the server says of a statement.

use auth_domain::ports::PortError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DriverError};

use super::{TOO_LATE, inert};

/// How messages begin that mean "this was never going to work". The driver passes on no code for them,
/// and a server that speaks another language than English is believed to be unavailable instead.
const HOPELESS: [&str; 4] =
    ["permission denied", "must be owner", "there is no unique or exclusion constraint", "value too long"];

pub(super) fn translate(error: &DriverError) -> PortError {
    match error {
        DriverError::DatabaseError(kind, information) => of_kind(*kind, &**information),
        DriverError::DeserializationError(_) => {
            PortError::corrupt("a row cannot be read: a column holds what this service cannot represent")
        }
        _ => PortError::unavailable("the driver of the database failed"),
    }
}

fn of_kind(kind: DatabaseErrorKind, information: &(dyn DatabaseErrorInformation + Send + Sync)) -> PortError {
    let constraint = information.constraint_name().unwrap_or("without a name");
    match kind {
        DatabaseErrorKind::ReadOnlyTransaction => PortError::misconfigured(
            "the database is read-only, as a replica is; name the primary server in POSTGRES__URL",
        ),
        DatabaseErrorKind::NotNullViolation => PortError::misconfigured(format!(
            "the column {} of the table {} must not be null, has no default, and is not known to this \
             service; give it a default, or make users on the platform",
            information.column_name().unwrap_or("without a name"),
            information.table_name().unwrap_or("without a name"),
        )),
        DatabaseErrorKind::CheckViolation => {
            PortError::corrupt(format!("the check {constraint} of the database does not allow it"))
        }
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation => {
            PortError::misconfigured(format!("the constraint {constraint} of the database does not allow it"))
        }
        _ => of_message(information),
    }
}

fn of_message(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> PortError {
    let message = information.message();
    if message.contains(TOO_LATE) {
        return PortError::unavailable("the deadline passed while the database waited; nothing was changed");
    }
    let remedy = match information.statement_position() {
        Some(_) => "; `migrate` makes the tables of an empty database, and `doctor` lists what is missing",
        None => "",
    };
    let text = format!("the database says: {}{remedy}", inert(message));
    if is_hopeless(information) { PortError::misconfigured(text) } else { PortError::unavailable(text) }
}

/// Only what is wrong with the statement itself has a position: a table or column that is not there.
pub(super) fn is_hopeless(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    information.statement_position().is_some()
        || HOPELESS.iter().any(|beginning| information.message().starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use auth_domain::ports::PortErrorKind;

    use super::*;

    struct Said {
        message: &'static str,
        position: Option<i32>,
    }

    impl DatabaseErrorInformation for Said {
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

    fn said(
        kind: DatabaseErrorKind,
        message: &'static str,
        position: Option<i32>,
    ) -> (PortErrorKind, String) {
        let error = translate(&DriverError::DatabaseError(kind, Box::new(Said { message, position })));
        (error.kind(), error.source().unwrap().to_string())
    }

    #[test]
    fn each_message_has_its_kind() {
        use DatabaseErrorKind as Kind;
        use PortErrorKind::{Corrupt, Misconfigured, Unavailable};
        for (kind, message, position, expected) in [
            (Kind::Unknown, "terminating connection due to administrator command", None, Unavailable),
            (Kind::Unknown, "canceling statement due to statement timeout", None, Unavailable),
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
            assert_eq!(said(kind, message, position).0, expected, "{message}");
        }
    }

    #[test]
    fn missing_table_names_the_commands_that_help() {
        let (_, text) = said(DatabaseErrorKind::Unknown, "relation \"users\" does not exist", Some(15));
        assert!(text.contains("`migrate`") && text.contains("`doctor`"), "{text}");
    }

    // S-83
    #[test]
    fn no_text_shows_an_email_or_a_hash() {
        use DatabaseErrorKind as Kind;
        for kind in [Kind::Unknown, Kind::UniqueViolation, Kind::CheckViolation, Kind::NotNullViolation] {
            let message = "no account owner@example.com ($argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA) here";
            let (_, text) = said(kind, message, None);
            assert!(!text.contains("example.com") && !text.contains("argon2id"), "{text}");
        }
    }
}
