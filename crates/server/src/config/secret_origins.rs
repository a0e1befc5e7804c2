//! The settings by which secrets were given.

use std::collections::BTreeMap;

use super::sources::{ENVIRONMENT_PREFIX, variable};

/// For each secret, the setting by which it was given: `JWT__KEY`, `JWT__KEY_FILE`, or a line of a TOML file.
#[derive(Clone, Debug, Default)]
pub(super) struct SecretOrigins(BTreeMap<String, String>);

impl SecretOrigins {
    pub(super) fn note(&mut self, key: &str, origin: &str) {
        self.0.insert(format!("{ENVIRONMENT_PREFIX}{}", variable(key)), origin.to_owned());
    }

    /// Returns the setting by which a secret was given; the name of the setting itself if it was not.
    pub(super) fn of(&self, key: &str) -> String {
        let name = format!("{ENVIRONMENT_PREFIX}{}", variable(key));
        self.0.get(&name).cloned().unwrap_or(name)
    }

    /// Returns a problem with the setting by which the secret was given. Adapters begin with the name of the secret.
    pub(super) fn named(&self, problem: String) -> String {
        let parts = problem.split_once(": ");
        let given = parts.and_then(|(name, rest)| Some((self.0.get(name)?, rest)));
        given.map(|(origin, rest)| format!("{origin}: {rest}")).unwrap_or(problem)
    }
}
