//! The rights that a user lacks.

use std::collections::BTreeSet;

use auth_domain::ports::PortError;

use super::uses::Use;

/// What Redis rejected, by the reason.
#[derive(Debug, Default)]
pub(super) struct MissingRights {
    commands: BTreeSet<String>,
    keys: BTreeSet<String>,
    unknown_commands: BTreeSet<String>,
}

impl MissingRights {
    /// Adds a rejected use, and the error of Redis.
    pub(super) fn add(&mut self, (key, words): &Use, error: &str) {
        let name = words.iter().take(1).map(|name| name.to_lowercase());
        if error.contains("nknown") {
            self.unknown_commands.extend(name);
        } else if error.contains(" access ") {
            self.keys.insert(pattern(key));
        } else {
            self.commands.extend(name);
        }
    }

    /// # Errors
    /// A misconfiguration that names what is missing.
    pub(super) fn into_result(self) -> Result<(), PortError> {
        let parts = [
            ("this user may not run", self.commands),
            ("this user may not use the keys", self.keys),
            ("the server does not know, perhaps because of rename-command,", self.unknown_commands),
        ];
        let named = parts.into_iter().filter(|(_, names)| !names.is_empty());
        let named = named.map(|(problem, names)| format!("{problem} {}", Vec::from_iter(names).join(", ")));
        let problems: Vec<_> = named.collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(PortError::misconfigured(format!(
            "{}; grant what the ACL SETUSER command in the README of adapter-redis grants",
            problems.join("; ")
        )))
    }
}

/// Returns the pattern of the keys of a kind.
fn pattern(key: &str) -> String {
    let kind = key.split('{').next().unwrap_or(key);
    let kind = kind.rsplit_once(':').map_or(kind, |(kind, _)| kind);
    format!("{kind}:*")
}
