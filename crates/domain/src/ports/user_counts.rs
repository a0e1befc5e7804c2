//! Counts of users by what an administrator should know of their rows.

use super::Check;
use crate::model::{Email, Role, UserStatus};

const NOT_CANONICAL: &str = "have an email that is not trimmed and lower-cased, and are never found; store \
                             it as it is looked up";
const STATUS: &str = "have a status that is neither 0 nor 1, and cannot log in; set one of these";
const ROLE: &str = "have a role that is none of 0, 1, 10, 20, and cannot log in; set one of these";
const REFUSED: &str =
    "have an email that is none by the rule of HTML forms, and cannot log in here; give them another";
const DAMAGED: &str =
    "have an id, a tenant or a time that cannot be read, and cannot log in; repair these rows";

/// The format of a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// A PHC string of Argon2id.
    Argon2id,
    /// Anything else: the legacy format, or a text that is no hash.
    Other,
    /// No hash.
    None,
}

/// How many users there are of each kind. Checks have counts, and never name a user.
#[derive(Debug, Default)]
pub struct UserCounts {
    users: u64,
    rejected: u64,
    not_canonical: u64,
    unknown_status: u64,
    unknown_role: u64,
    damaged: u64,
    current: u64,
    legacy: u64,
    without_password: u64,
}

impl UserCounts {
    /// Counts one row. A status, a role or an email that is missing or out of range is `None`.
    pub fn add(&mut self, email: Option<&str>, status: Option<i32>, role: Option<i32>, hash: HashKind) {
        self.users += 1;
        match email.map(Email::parse) {
            None | Some(Err(_)) => self.rejected += 1,
            Some(Ok(canonical)) => self.not_canonical += u64::from(Some(canonical.as_str()) != email),
        }
        self.unknown_status += u64::from(status.and_then(UserStatus::from_code).is_none());
        self.unknown_role += u64::from(role.and_then(Role::from_code).is_none());
        *match hash {
            HashKind::Argon2id => &mut self.current,
            HashKind::Other => &mut self.legacy,
            HashKind::None => &mut self.without_password,
        } += 1;
    }

    /// Notes that the row added last has an id, a tenant or a time that cannot be read.
    pub const fn add_damaged(&mut self) {
        self.damaged += 1;
    }

    /// One finding for the formats, and one for each kind of row that keeps its user out.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![Check::ok(format!(
            "of {} users {} have a hash as this service writes it, {} one of the older format, {} none",
            self.users, self.current, self.legacy, self.without_password
        ))];
        let odd = [
            (self.not_canonical, NOT_CANONICAL),
            (self.rejected, REFUSED),
            (self.unknown_status, STATUS),
            (self.unknown_role, ROLE),
            (self.damaged, DAMAGED),
        ];
        // These faults concern only the users with such rows, so they are warnings.
        let odd = odd.into_iter().filter(|(count, _)| *count > 0);
        checks.extend(odd.map(|(count, text)| Check::warning(format!("{count} users {text}"))));
        checks
    }
}
