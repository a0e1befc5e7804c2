//! Errors of statements.

use auth_domain::ports::PortError;
use tokio_postgres::error::{DbError, Severity, SqlState};

use super::message::redacted;

/// The message for a pooler that is not named in the settings.
pub(crate) const POOLER: &str = "a pooler between the service and the database gives each transaction to another server process; set \
                                 POSTGRES__POOLER to transaction, or set pool_mode = session in PgBouncer";

/// An error that the server, or a pooler before it, reports.
pub(super) struct Report<'a> {
    code: &'a str,
    message: &'a str,
    is_fatal: bool,
    has_position: bool,
    routine: Option<&'a str>,
    table: Option<&'a str>,
    column: Option<&'a str>,
    constraint: Option<&'a str>,
}

impl<'a> Report<'a> {
    pub(super) fn of(error: &'a tokio_postgres::Error) -> Option<Self> {
        error.as_db_error().map(Self::from)
    }

    pub(super) fn translate(&self) -> PortError {
        let constraint = self.constraint.unwrap_or("without a name");
        match SqlState::from_code(self.code) {
            SqlState::READ_ONLY_SQL_TRANSACTION => PortError::misconfigured(
                "the database is read-only; name the primary, which can be written to, in POSTGRES__URL",
            ),
            SqlState::NOT_NULL_VIOLATION => PortError::misconfigured(format!(
                "the column {} of the table {} must not be null, has no default, and is unknown to this service; give it a \
                 default, or create users on the HookSentry platform",
                self.column.unwrap_or("without a name"),
                self.table.unwrap_or("without a name"),
            )),
            SqlState::CHECK_VIOLATION => {
                PortError::corrupt(format!("the row violates the check constraint {constraint}"))
            }
            SqlState::UNIQUE_VIOLATION
            | SqlState::FOREIGN_KEY_VIOLATION
            | SqlState::RESTRICT_VIOLATION
            | SqlState::EXCLUSION_VIOLATION => {
                PortError::misconfigured(format!("the row violates the constraint {constraint}"))
            }
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                PortError::misconfigured(format!("{POOLER} (it reports: {})", redacted(self.message)))
            }
            _ if self.routine == Some("check_enable_rls") => PortError::misconfigured(format!(
                "row security filters rows for the role of this service: {}; give the role BYPASSRLS, or disable row security on the table",
                redacted(self.message)
            )),
            _ => self.other(),
        }
    }

    fn other(&self) -> PortError {
        let is_permanent = self.is_permanent();
        let remedy = if is_permanent && self.has_position {
            "; run `migrate` if the database is empty, or `doctor` for a list of what is missing"
        } else {
            ""
        };
        let text = format!("the database reports: {}{remedy}", redacted(self.message));
        if is_permanent { PortError::misconfigured(text) } else { PortError::unavailable(text) }
    }

    /// Whether a retry cannot succeed. Class 42 are errors in the statement itself, such as a missing table or privilege.
    pub(super) fn is_permanent(&self) -> bool {
        let is_in_statement = self.has_position
            || self.code.starts_with("42")
            || self.code == SqlState::INVALID_SQL_STATEMENT_NAME.code();
        (is_in_statement || self.code == SqlState::STRING_DATA_RIGHT_TRUNCATION.code())
            && !self.is_about_connection()
    }

    /// Whether the server cancelled the statement, because of a timeout or a lock. This leaves the connection in order.
    pub(super) fn is_cancelled(&self) -> bool {
        [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE].contains(&SqlState::from_code(self.code))
    }

    /// Whether the error concerns this connection only: it ends the connection, or its prepared statements are older than a
    /// change of the tables. Class 08 are errors of connections, such as those that a pooler reports.
    pub(super) fn is_about_connection(&self) -> bool {
        self.is_fatal || self.code.starts_with("08") || self.routine == Some("RevalidateCachedQuery")
    }

    pub(super) fn is_foreign_key_violation(&self) -> bool {
        self.code == SqlState::FOREIGN_KEY_VIOLATION.code()
    }
}

impl<'a> From<&'a DbError> for Report<'a> {
    fn from(error: &'a DbError) -> Self {
        Self {
            code: error.code().code(),
            message: error.message(),
            is_fatal: matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
                || ["FATAL", "PANIC"].contains(&error.severity()),
            has_position: error.position().is_some(),
            routine: error.routine(),
            table: error.table(),
            column: error.column(),
            constraint: error.constraint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use auth_domain::ports::PortErrorKind;

    use super::*;

    fn report(code: &'static str, message: &'static str) -> Report<'static> {
        Report {
            code,
            message,
            is_fatal: false,
            has_position: false,
            routine: None,
            table: Some("users"),
            column: Some("plan"),
            constraint: Some("users_email_key"),
        }
    }

    fn text(error: &PortError) -> String {
        error.source().unwrap().to_string()
    }

    #[test]
    fn each_code_has_its_kind() {
        use PortErrorKind::{Corrupt, Misconfigured, Unavailable};
        for (code, is_fatal, has_position, expected) in [
            ("57P01", true, false, Unavailable),
            ("57P01", true, true, Unavailable),
            ("57014", false, false, Unavailable),
            ("55P03", false, false, Unavailable),
            ("40P01", false, false, Unavailable),
            ("40001", false, false, Unavailable),
            ("08P01", true, false, Unavailable),
            ("42P01", false, true, Misconfigured),
            ("42703", false, true, Misconfigured),
            ("42501", false, false, Misconfigured),
            ("22001", false, false, Misconfigured),
            ("25006", false, false, Misconfigured),
            ("23502", false, false, Misconfigured),
            ("23505", false, false, Misconfigured),
            ("23514", false, false, Corrupt),
            ("26000", false, false, Misconfigured),
            ("42P05", false, false, Misconfigured),
        ] {
            let report = Report { is_fatal, has_position, ..report(code, "in the language of the server") };
            assert_eq!(report.translate().kind(), expected, "{code}");
        }
    }

    #[test]
    fn a_missing_table_names_the_commands_that_help() {
        let report = Report { has_position: true, ..report("42P01", "relation \"users\" does not exist") };
        let text = text(&report.translate());
        assert!(text.contains("`migrate`") && text.contains("`doctor`"), "{text}");
    }

    // S-95
    #[test]
    fn an_error_of_a_transaction_pooler_names_the_setting() {
        for (code, message) in [
            ("26000", "prepared statement \"s3\" does not exist"),
            ("42P05", "prepared statement \"s3\" already exists"),
        ] {
            let text = text(&report(code, message).translate());
            assert!(text.contains("POSTGRES__POOLER") && text.contains("s3"), "{text}");
        }
    }

    #[test]
    fn a_cancelled_statement_leaves_its_connection_open() {
        for code in ["57014", "55P03", "42501"] {
            assert!(!report(code, "").is_about_connection(), "{code}");
        }
        assert!(Report { is_fatal: true, ..report("57P01", "") }.is_about_connection());
        let routine = Some("RevalidateCachedQuery");
        assert!(Report { routine, ..report("0A000", "cached plan") }.is_about_connection());
    }

    // S-83
    #[test]
    fn no_error_text_shows_an_email_or_a_hash() {
        for code in ["P0001", "23505", "23514", "23502", "26000"] {
            let message = "no account owner@example.com ($argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA) here";
            let text = text(&report(code, message).translate());
            assert!(!text.contains("example.com") && !text.contains("argon2id"), "{text}");
        }
    }
}
