//! Taking settings one by one, while remembering every problem.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::ENVIRONMENT_PREFIX;
use super::sources::{Flat, from_environment, from_toml};

/// Settings that were not taken yet, and what was wrong with those that were.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) settings: Flat,
    problems: Vec<String>,
    /// Secret files that every user of the machine can read, each with its setting.
    pub(super) readable_files: Vec<String>,
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
