//! Counts of users by the state of their rows.

use std::collections::BTreeMap;

use super::Check;
use crate::model::{Email, HashFormat, HashUse, Role, UserStatus};

const NOT_CANONICAL: &str = "have an email that is not trimmed and in lower case, so that they are never found; store it trimmed \
                             and in lower case";
const STATUS: &str = "have a status that is neither 0 nor 1, and cannot log in; set one of these";
const ROLE: &str = "have a role that is none of 0, 1, 10, 20, and cannot log in; set one of these";
const REJECTED: &str = "have an email that the login rejects (the HTML rule for emails); set another one";
const UNUSABLE: &str =
    "have a hash in an unknown format or with parameters out of bounds, and cannot log in; set new passwords";
const DAMAGED: &str =
    "have an id, a tenant or a time that cannot be read, and cannot log in; repair these rows";

/// The numbers of users in each state. The checks contain counts, and no name of a user.
#[derive(Debug, Default)]
pub struct UserCounts {
    users: u64,
    rejected: u64,
    not_canonical: u64,
    unknown_status: u64,
    unknown_role: u64,
    damaged: u64,
    /// The users whose hash verifies, or would verify if its format were accepted.
    by_format: BTreeMap<HashFormat, u64>,
    switched_off: BTreeMap<HashFormat, u64>,
    unusable: u64,
    without_password: u64,
}

impl UserCounts {
    /// Counts one row.
    ///
    /// # Parameters
    /// - `email`, `status`, `role`: `None` if the value is missing or out of range.
    /// - `hash`: `None` if there is no hash.
    pub fn add(
        &mut self,
        email: Option<&str>,
        status: Option<i32>,
        role: Option<i32>,
        hash: Option<HashUse>,
    ) {
        self.users += 1;
        match email.map(Email::parse) {
            None | Some(Err(_)) => self.rejected += 1,
            Some(Ok(canonical)) => self.not_canonical += u64::from(Some(canonical.as_str()) != email),
        }
        self.unknown_status += u64::from(status.and_then(UserStatus::from_code).is_none());
        self.unknown_role += u64::from(role.and_then(Role::from_code).is_none());
        self.add_hash(hash);
    }

    fn add_hash(&mut self, hash: Option<HashUse>) {
        *match hash {
            Some(HashUse::Verifies(format)) => self.by_format.entry(format).or_default(),
            Some(HashUse::SwitchedOff(format)) => self.switched_off.entry(format).or_default(),
            Some(HashUse::Unusable) => &mut self.unusable,
            None => &mut self.without_password,
        } += 1;
    }

    /// Counts a row, which was added before, with an id, a tenant or a time that cannot be read.
    pub const fn add_damaged(&mut self) {
        self.damaged += 1;
    }

    /// A check with the formats of the hashes, and one for each state that prevents logins.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.hashes()];
        checks.extend(self.switched_off.iter().map(|(format, count)| switched_off(*format, *count)));
        let odd = [
            (self.unusable, UNUSABLE),
            (self.not_canonical, NOT_CANONICAL),
            (self.rejected, REJECTED),
            (self.unknown_status, STATUS),
            (self.unknown_role, ROLE),
            (self.damaged, DAMAGED),
        ];
        // They concern only the users with such rows, so all of them are warnings.
        let odd = odd.into_iter().filter(|(count, _)| *count > 0);
        checks.extend(odd.map(|(count, text)| Check::warning(format!("{count} users {text}"))));
        checks
    }

    /// The number of users with a hash that verifies, by format.
    fn hashes(&self) -> Check {
        let argon2id = self.by_format.get(&HashFormat::Argon2id).copied().unwrap_or_default();
        let others = self.by_format.iter().filter(|(format, _)| **format != HashFormat::Argon2id);
        let others: Vec<String> =
            others.map(|(format, count)| format!("{count} one of {format}, ")).collect();
        Check::ok(format!(
            "of {} users {argon2id} have a hash of Argon2id that verifies, {}{} none",
            self.users,
            others.concat(),
            self.without_password
        ))
    }
}

fn switched_off(format: HashFormat, count: u64) -> Check {
    let remedy = format.remedy().unwrap_or("set new passwords");
    Check::warning(format!(
        "{count} users have a hash of {format}, which is not accepted, and cannot log in; {remedy}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Severity;

    // S-94
    #[test]
    fn hashes_are_counted_by_whether_they_verify() {
        let mut counts = UserCounts::default();
        let hashes = [
            Some(HashUse::Verifies(HashFormat::Argon2id)),
            Some(HashUse::Verifies(HashFormat::Argon2id)),
            Some(HashUse::Verifies(HashFormat::Legacy)),
            Some(HashUse::SwitchedOff(HashFormat::Bcrypt)),
            Some(HashUse::Unusable),
            None,
        ];
        for hash in hashes {
            counts.add(Some("someone@example.com"), Some(0), Some(0), hash);
        }
        let checks = counts.checks();
        let found: Vec<_> = checks.iter().map(|check| (check.severity, check.text.as_str())).collect();
        assert_eq!(
            found,
            [
                (
                    Severity::Ok,
                    "of 6 users 2 have a hash of Argon2id that verifies, 1 one of the legacy service, 1 none"
                ),
                (
                    Severity::Warning,
                    "1 users have a hash of bcrypt, which is not accepted, and cannot log in; add bcrypt to PASSWORD__FORMATS"
                ),
                (
                    Severity::Warning,
                    "1 users have a hash in an unknown format or with parameters out of bounds, and cannot log in; set new passwords"
                ),
            ]
        );
    }
}
