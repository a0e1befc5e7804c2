//! The user of the operating system who runs a command.

use std::fs;
use std::sync::OnceLock;

use rustix::process::getuid;
use serde::Serialize;

/// The audit user id of a process that no login started.
const UNSET: u32 = u32::MAX;

/// A user of the operating system. Environment variables are not read: everybody can set them.
#[derive(Debug, Serialize)]
pub(super) struct OsUser {
    /// The real user id of the process.
    uid: u32,
    /// The name in `/etc/passwd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The user who logged in to the machine, which stays the same under `sudo` and `su`, if the kernel keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_uid: Option<u32>,
    /// Their name in `/etc/passwd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_name: Option<String>,
}

impl OsUser {
    /// Returns the user of this process, which is read once.
    pub(super) fn current() -> &'static Self {
        static CURRENT: OnceLock<OsUser> = OnceLock::new();
        CURRENT.get_or_init(|| {
            let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
            let uid = getuid().as_raw();
            let login_uid = fs::read_to_string("/proc/self/loginuid").ok();
            let login_uid = login_uid.and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != UNSET);
            let login_name = login_uid.and_then(|uid| name_of(uid, &passwd));
            Self { uid, name: name_of(uid, &passwd), login_uid, login_name }
        })
    }
}

/// Returns the name of a user in the text of `/etc/passwd`.
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    let id = uid.to_string();
    let is_user = |line: &&str| line.split(':').nth(2) == Some(&id);
    passwd.lines().find(is_user)?.split(':').next().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_has_the_name_of_its_line_in_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nauth:x:100:0::/:/bin/false\n";
        assert_eq!(name_of(100, passwd).as_deref(), Some("auth"));
        assert_eq!(name_of(1, passwd), None);
    }
}
