//! Counts of users by the state of their rows.

use super::Check;
use crate::model::{Email, Role, UserStatus};

const NOT_CANONICAL: &str = "have an email that is not trimmed and in lower case, so that they are never found; store it trimmed \
                             and in lower case";
const STATUS: &str = "have a status that is neither 0 nor 1, and cannot log in; set one of these";
const ROLE: &str = "have a role that is none of 0, 1, 10, 20, and cannot log in; set one of these";
const REJECTED: &str = "have an email that the login rejects (the HTML rule for emails); set another one";
const DAMAGED: &str =
    "have an id, a tenant or a time that cannot be read, and cannot log in; repair these rows";

/// The format of a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// A PHC string of Argon2id.
    Argon2id,
    /// Another text: the legacy format, or not a hash.
    Other,
    /// No hash.
    None,
}

/// The numbers of users in each state. The checks contain counts, and no name of a user.
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
    /// Counts one row.
    ///
    /// # Parameters
    /// - `email`, `status`, `role`: `None` if the value is missing or out of range.
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

    /// Counts a row, which was added before, with an id, a tenant or a time that cannot be read.
    pub const fn add_damaged(&mut self) {
        self.damaged += 1;
    }

    /// A check with the formats of the hashes, and one for each state that prevents logins.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![Check::ok(format!(
            "of {} users {} have a hash of Argon2id, {} a hash in another format, {} none",
            self.users, self.current, self.legacy, self.without_password
        ))];
        let odd = [
            (self.not_canonical, NOT_CANONICAL),
            (self.rejected, REJECTED),
            (self.unknown_status, STATUS),
            (self.unknown_role, ROLE),
            (self.damaged, DAMAGED),
        ];
        // They concern only the users with such rows, so they are warnings.
        let odd = odd.into_iter().filter(|(count, _)| *count > 0);
        checks.extend(odd.map(|(count, text)| Check::warning(format!("{count} users {text}"))));
        checks
    }
}
