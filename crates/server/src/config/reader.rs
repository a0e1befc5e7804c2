//! Taking settings one by one, while remembering every problem.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::Path;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::ENVIRONMENT_PREFIX;
use super::sources::{Flat, Raw, from_environment, from_toml};

/// A secret setting; silent in `Debug`, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes a secret from a file of this program.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text, for the one part that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Settings that were not taken yet, and what was wrong with those that were.
#[derive(Default)]
pub(super) struct Reader {
    settings: Flat,
    problems: Vec<String>,
}

impl Reader {
    /// Adds a source; it wins over those before it.
    pub(super) fn add_toml(&mut self, origin: &str, text: &str) {
        match from_toml(origin, text) {
            Ok(flat) => self.settings.extend(flat),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Adds the file that the command line names.
    pub(super) fn add_file(&mut self, path: &Path) {
        match fs::read_to_string(path) {
            Ok(text) => self.add_toml(&path.display().to_string(), &text),
            Err(error) => self.problems.push(format!("--config {}: {error}", path.display())),
        }
    }

    /// Adds the environment.
    pub(super) fn add_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let (flat, problems) = from_environment(variables);
        self.settings.extend(flat);
        self.problems.extend(problems);
    }

    /// Takes a setting that has a default; `None` once a problem was noted.
    pub(super) fn read<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let Some(raw) = self.settings.remove(key) else {
            self.problems.push(format!("{key} is not set"));
            return None;
        };
        match parse(raw.text.trim()) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problems.push(format!("{}: {problem}", raw.origin));
                None
            }
        }
    }

    /// Tells whether a setting that was not taken yet is `text`.
    pub(super) fn says(&self, key: &str, text: &str) -> bool {
        self.settings.get(key).is_some_and(|raw| raw.text.trim() == text)
    }

    /// Takes a setting that may be absent; empty counts as absent.
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        self.settings.remove(key).map(|raw| raw.text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Takes a secret, given as it is or as `…_file`, a path; one trailing newline of a file is removed.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let given = self.settings.remove(key).filter(|raw| !raw.text.is_empty());
        let file = self.settings.remove(&format!("{key}_file")).filter(|raw| !raw.text.is_empty());
        match (given, file) {
            (Some(given), Some(file)) => {
                self.problems.push(format!("{} and {}: set only one of them", given.origin, file.origin));
                None
            }
            (Some(given), None) => Some(Secret::new(given.text)),
            (None, Some(file)) => self.secret_file(&file),
            (None, None) => None,
        }
    }

    /// Takes a secret that has to be given; `when` says where.
    pub(super) fn required_secret(&mut self, key: &str, when: &str) -> Option<Secret> {
        if self.origin(key).is_none() {
            self.object_to(key, &format!("it has to be set {when}"));
        }
        self.secret(key)
    }

    /// Takes a secret that nothing would use, which is a problem; `since` says why.
    pub(super) fn unused_secret(&mut self, key: &str, since: &str) -> Option<Secret> {
        if let Some(origin) = self.origin(key) {
            self.object(format!("{origin} is set, but {since}"));
        }
        self.settings.remove(key);
        self.settings.remove(&format!("{key}_file"));
        None
    }

    /// Where a secret is given, if anywhere.
    fn origin(&self, key: &str) -> Option<String> {
        let given = [key, &format!("{key}_file")].map(|key| self.settings.get(key));
        let mut given = given.into_iter().flatten().filter(|raw| !raw.text.is_empty());
        given.next().map(|raw| raw.origin.clone())
    }

    fn secret_file(&mut self, file: &Raw) -> Option<Secret> {
        match fs::read_to_string(&file.text) {
            Ok(mut text) => {
                let end = text.trim_end_matches('\n').trim_end_matches('\r').len();
                text.truncate(end);
                Some(Secret::new(text))
            }
            Err(error) => {
                self.problems.push(format!("{}: {} cannot be read: {error}", file.origin, file.text));
                None
            }
        }
    }

    /// Notes a problem between settings.
    pub(super) fn object(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Notes a problem of a setting that is missing, or that was taken already.
    pub(super) fn object_to(&mut self, key: &str, problem: &str) {
        let name = key.to_ascii_uppercase().replace('.', "__");
        self.object(format!("{ENVIRONMENT_PREFIX}{name}: {problem}"));
    }

    /// Returns every problem; what nobody took is unknown.
    pub(super) fn finish(self) -> Vec<String> {
        let unknown = self
            .settings
            .into_values()
            .map(|raw| format!("{}: there is no such setting; the README lists all of them", raw.origin));
        self.problems.into_iter().chain(unknown).collect()
    }
}
