//! One line of the file: a user as a JSON object.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use auth_domain::model::{Email, PasswordHash, Role, TenantId, UserId, UserStatus};
use auth_domain::use_cases::UserToImport;
use auth_strict_json::{JsonType, Member, Options, object};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::lines::MAX_LINE;

/// The fields of a line. They are the columns of `users`.
const FIELDS: &str = "email, password_hash, role, status, id, tenant_id, created_at";
/// The years that a user may have been created in.
const YEARS: RangeInclusive<i32> = 1970..=9999;
/// The width of the column of hashes.
const MAX_HASH_CHARACTERS: usize = 512;
/// The maximum length of the name of an unknown field in a message.
const SHOWN: usize = 40;

type Fields = BTreeMap<String, Member>;

/// Parses a line.
///
/// # Errors
/// All problems of the line. They contain no value of it.
pub(super) fn parse(text: Option<&[u8]>, number: u64) -> Result<UserToImport, String> {
    let text = text.ok_or_else(|| format!("is longer than {MAX_LINE} bytes"))?;
    let options = Options { skip_byte_order_mark: number == 1, fold_names: false };
    let mut fields: Fields =
        object(text, options).map_err(|error| format!("the line {}", error.in_line(number)))?;
    let mut problems = Vec::new();
    let user = UserToImport {
        email: problems.noted(email(&mut fields)).unwrap_or_else(|| Email::from_trusted(String::new())),
        password_hash: problems.noted(password_hash(&mut fields)).flatten(),
        role: problems.noted(optional(&mut fields, "role", role)).flatten().unwrap_or(Role::Developer),
        status: problems
            .noted(optional(&mut fields, "status", status))
            .flatten()
            .unwrap_or(UserStatus::Active),
        id: problems.noted(optional(&mut fields, "id", uuid)).flatten().map(UserId::from_uuid),
        tenant_id: problems
            .noted(optional(&mut fields, "tenant_id", uuid))
            .flatten()
            .map(TenantId::from_uuid),
        created_at: problems.noted(optional(&mut fields, "created_at", time)).flatten(),
    };
    problems.extend(fields.keys().map(|name| unknown(name)));
    if problems.is_empty() { Ok(user) } else { Err(problems.join("; ")) }
}

trait Problems {
    /// Notes a problem.
    fn noted<T>(&mut self, parsed: Result<T, String>) -> Option<T>;
}

impl Problems for Vec<String> {
    fn noted<T>(&mut self, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|problem| self.push(problem)).ok()
    }
}

fn email(fields: &mut Fields) -> Result<Email, String> {
    match fields.remove("email").unwrap_or_default() {
        Member::Text(text) => Email::parse(&text).map_err(|problem| problem.to_string()),
        Member::Missing => Err("email is missing".to_owned()),
        other => Err(not_a_string("email", &other)),
    }
}

/// A missing hash is a mistake, because its user could never log in with a password.
fn password_hash(fields: &mut Fields) -> Result<Option<PasswordHash>, String> {
    match fields.remove("password_hash").unwrap_or_default() {
        Member::Text(text) if text.chars().count() > MAX_HASH_CHARACTERS => {
            Err(format!("password_hash has more than {MAX_HASH_CHARACTERS} characters"))
        }
        Member::Text(text) => Ok(Some(PasswordHash::new(text.to_string()))),
        Member::Other(JsonType::Null) => Ok(None),
        Member::Missing => {
            Err("password_hash is missing; write null for a user who logs in elsewhere".to_owned())
        }
        other => Err(not_a_string("password_hash", &other)),
    }
}

/// Parses a field that may be missing or null.
fn optional<T>(
    fields: &mut Fields,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, String> {
    match fields.remove(name).unwrap_or_default() {
        Member::Text(text) => parse(&text).map(Some).map_err(|expected| format!("{name} must be {expected}")),
        Member::Missing | Member::Other(JsonType::Null) => Ok(None),
        other => Err(not_a_string(name, &other)),
    }
}

fn role(text: &str) -> Result<Role, &'static str> {
    let mut roles = Role::ALL.into_iter();
    roles.find(|role| role.name().eq_ignore_ascii_case(text)).ok_or("Owner, Admin, Developer or Viewer")
}

fn status(text: &str) -> Result<UserStatus, &'static str> {
    match text {
        "active" => Ok(UserStatus::Active),
        "inactive" => Ok(UserStatus::Inactive),
        _ => Err("active or inactive"),
    }
}

fn uuid(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text).map_err(|_| "a UUID")
}

/// The stores keep microseconds.
fn time(text: &str) -> Result<OffsetDateTime, &'static str> {
    const EXPECTED: &str = "a time as in RFC 3339, such as 2026-07-10T14:32:00Z";
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| EXPECTED)?;
    // A time at the end of the year 9999 may be later in UTC than any time that can be represented.
    let time =
        time.checked_to_offset(UtcOffset::UTC).filter(|time| YEARS.contains(&time.year())).ok_or(EXPECTED)?;
    time.replace_nanosecond(time.microsecond() * 1_000).map_err(|_| EXPECTED)
}

fn not_a_string(name: &str, member: &Member) -> String {
    let found = match member {
        Member::Missing | Member::Text(_) => JsonType::String,
        Member::Object(_) => JsonType::Object,
        Member::Other(found) => *found,
    };
    format!("{name} must be a string, not {found}")
}

/// The name may be any text of the file.
fn unknown(name: &str) -> String {
    let shown: String = name.chars().take(SHOWN).collect();
    format!("the field {shown:?} is unknown; the fields are {FIELDS}")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn parsed(text: &str) -> Result<UserToImport, String> {
        parse(Some(text.as_bytes()), 7)
    }

    #[test]
    fn a_line_with_all_fields_is_a_user() {
        let line = r#"{"id": "9c858901-8a57-4791-81fe-4c455b099bc9", "email": " Ada@Example.com ", "role": "owner",
            "password_hash": "$2b$", "status": "inactive", "tenant_id": "5f8a3b2c-1d9e-4f6a-8b8c-9d0e1f2a3b4c",
            "created_at": "2026-07-10T16:32:00.123456789+02:00"}"#;
        let expected = UserToImport {
            id: Some("9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap()),
            tenant_id: Some("5f8a3b2c-1d9e-4f6a-8b8c-9d0e1f2a3b4c".parse().unwrap()),
            email: Email::parse("ada@example.com").unwrap(),
            password_hash: Some(PasswordHash::new("$2b$".to_owned())),
            status: UserStatus::Inactive,
            role: Role::Owner,
            created_at: Some(datetime!(2026-07-10 14:32:00.123456 UTC)),
        };
        assert_eq!(parsed(line), Ok(expected));
    }

    #[test]
    fn only_email_and_hash_are_required() {
        let expected = UserToImport {
            id: None,
            tenant_id: None,
            email: Email::parse("a@b.c").unwrap(),
            password_hash: None,
            status: UserStatus::Active,
            role: Role::Developer,
            created_at: None,
        };
        let short = r#"{"email": "a@b.c", "password_hash": null}"#;
        let nulls =
            r#"{"email": "a@b.c", "password_hash": null, "id": null, "role": null, "created_at": null}"#;
        for line in [short, nulls] {
            assert_eq!(parsed(line).as_ref(), Ok(&expected), "{line}");
        }
        assert_eq!(parse(Some(format!("\u{feff}{short}").as_bytes()), 1), Ok(expected));
    }

    #[test]
    fn times_and_hashes_that_no_store_can_keep_are_rejected() {
        let with_time = |time: &str| {
            parsed(&format!(r#"{{"email": "a@b.c", "password_hash": null, "created_at": "{time}"}}"#))
        };
        for time in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "1969-12-31T23:59:59Z"] {
            assert!(
                with_time(time).is_err_and(|problem| problem.starts_with("created_at must be")),
                "{time}"
            );
        }
        assert!(with_time("1970-01-01T01:00:00+01:00").is_ok());
        let with_hash =
            |length| parsed(&format!(r#"{{"email": "a@b.c", "password_hash": "{}"}}"#, "x".repeat(length)));
        assert!(with_hash(512).is_ok());
        assert_eq!(with_hash(513), Err("password_hash has more than 512 characters".to_owned()));
    }

    #[test]
    fn each_problem_names_its_field_and_no_value() {
        for (line, problems) in [
            (r#"{"password_hash": null}"#, &["email is missing"][..]),
            (r#"{"email": "secret"}"#, &["the email is not a valid address", "password_hash is missing"]),
            (
                r#"{"email": 7, "password_hash": []}"#,
                &["email must be a string, not a number", "password_hash must be a string, not an array"],
            ),
            (
                r#"{"email": "a@b.c", "password_hash": null, "role": "secret"}"#,
                &["role must be Owner, Admin"],
            ),
            (
                r#"{"email": "a@b.c", "password_hash": null, "status": "Active"}"#,
                &["status must be active or inactive"],
            ),
            (r#"{"email": "a@b.c", "password_hash": null, "id": "secret"}"#, &["id must be a UUID"]),
            (
                r#"{"email": "a@b.c", "password_hash": null, "created_at": 0}"#,
                &["created_at must be a string, not a number"],
            ),
            (
                r#"{"email": "a@b.c", "password_hash": null, "created_at": "secret"}"#,
                &["created_at must be a time as in RFC 3339"],
            ),
            (
                r#"{"email": "a@b.c", "password_hash": null, "passwordHash": "secret"}"#,
                &[r#"the field "passwordHash" is unknown"#],
            ),
            (r#"{"email": "a@b.c", "email": "secret"}"#, &["the line has a field twice (line 7, column"]),
            (r#"{"email": "secret""#, &["the line ends before its JSON object is complete (line 7, column"]),
            (r#"["secret"]"#, &["the line must be a JSON object, not an array"]),
        ] {
            let found = parsed(line).unwrap_err();
            assert!(problems.iter().all(|problem| found.contains(problem)), "{line}: {found}");
            assert!(!found.contains("secret"), "{found}");
        }
        assert_eq!(parse(None, 1).unwrap_err(), "is longer than 8192 bytes");
    }
}
