//! A reader that takes settings one by one and collects all problems.

use std::ffi::OsString;
use std::path::Path;

use super::public::has_credentials;
use super::secret_origins::SecretOrigins;
use super::source::Source;
use super::sources::{Flat, Raw, from_environment, from_toml};
use super::spelling;
use super::taken::{Content, Taken};
use super::trusted_file::TrustedFile;

/// A problem of a setting was noted, so that its value is missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProblemNoted;

/// The settings that were not taken yet, and the problems of those that were.
#[derive(Clone, Default)]
pub(super) struct Reader {
    pub(super) settings: Flat,
    pub(super) taken: Taken,
    /// The first source.
    defaults: Flat,
    problems: Vec<String>,
    /// The secrets in files that every user of the machine can read.
    pub(super) readable_secrets: Vec<String>,
    pub(super) origins: SecretOrigins,
    /// The file that the command line names, if every user of the machine can read it.
    readable_file: Option<String>,
}

impl Reader {
    /// Returns a reader of the defaults.
    pub(super) fn of_defaults(text: &str) -> Self {
        let mut reader = Self::default();
        reader.add_toml(&Source::Defaults, text);
        reader.defaults = reader.settings.clone();
        reader
    }

    fn add_toml(&mut self, source: &Source, text: &str) {
        match from_toml(source, text) {
            Ok(flat) => self.add(flat),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Adds a source. It overrides the sources before it; an empty text removes a setting that has no default.
    fn add(&mut self, source: Flat) {
        for (key, raw) in source {
            let removes = raw.text.trim().is_empty() && !self.defaults.contains_key(&key);
            if !removes || self.settings.remove(&key).is_none() {
                self.settings.insert(key, raw);
            }
        }
    }

    /// Adds the file that the command line names.
    pub(super) fn add_file(&mut self, path: &Path) {
        let origin = path.display().to_string();
        let file = TrustedFile::open(path).and_then(|file| {
            let (problem, is_readable_by_all) = (file.problem_of_settings(), file.is_readable_by_all());
            Ok((problem, is_readable_by_all, file.read()?))
        });
        match file {
            Ok((Some(problem), ..)) => self.problems.push(format!("--config: {origin} {problem}")),
            Ok((None, is_readable_by_all, text)) => {
                self.readable_file = is_readable_by_all.then(|| origin.clone());
                self.add_toml(&Source::File(origin), &text);
            }
            Err(error) => self.problems.push(format!("--config {origin}: {error}")),
        }
    }

    /// Returns whether a setting is in a TOML file that every user of the machine can read.
    pub(super) fn is_in_readable_file(&self, key: &str, origin: &str) -> bool {
        self.readable_file.as_ref().is_some_and(|file| origin == format!("{key} in {file}"))
    }

    /// Adds the environment.
    pub(super) fn add_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        let (flat, problems) = from_environment(variables);
        self.add(flat);
        self.problems.extend(problems);
    }

    /// Takes a setting that has a default; returns `None` if a problem was noted.
    pub(super) fn read<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let raw = self.required(key)?;
        let problem = raw.items.as_ref().map(|_| "it is a list; write one value".to_owned());
        self.value(&raw, problem, parse)
    }

    /// Takes a setting that has a default, and whose items are separated by commas.
    pub(super) fn read_list<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let raw = self.required(key)?;
        self.value(&raw, None, parse)
    }

    /// Takes a setting without a default.
    pub(super) fn optional<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let raw = self.take(key, Content::Public)?;
        let problem = raw.items.as_ref().map(|_| "it is a list; write one value".to_owned());
        self.value(&raw, problem, parse)
    }

    /// Takes a setting as it is.
    pub(super) fn take(&mut self, key: &str, content: Content) -> Option<Raw> {
        let raw = self.settings.remove(key)?;
        self.taken.insert(key.to_owned(), content);
        Some(raw)
    }

    fn required(&mut self, key: &str) -> Option<Raw> {
        let raw = self.take(key, Content::Public);
        if raw.is_none() {
            self.problems.push(format!("{key} has no default in config/default.toml"));
        }
        raw
    }

    fn value<T>(
        &mut self,
        raw: &Raw,
        problem: Option<String>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = raw.text.trim();
        let parsed = problem.or_else(|| spelling::problem(text)).map_or_else(|| parse(text), Err);
        let problem = match parsed {
            Ok(value) => return Some(value),
            // The problem may quote a part of the secret.
            Err(_) if has_credentials(text) => {
                "the value is not allowed (not printed: it may contain a secret); write one without credentials"
                    .to_owned()
            }
            Err(problem) => problem,
        };
        self.problems.push(format!("{}: {problem}", raw.origin));
        None
    }

    /// Notes the settings of a section that is not used, unless they have their default.
    pub(super) fn unused(&mut self, keys: &[&str], reason: &str) {
        for key in keys {
            let Some(raw) = self.settings.remove(*key) else { continue };
            if self.defaults.get(*key).is_none_or(|default| default.text != raw.text) {
                self.problems.push(format!("{}: it has no effect, because {reason}", raw.origin));
            }
        }
    }

    /// Returns whether a setting that was not taken yet is `text`.
    pub(super) fn is_set_to(&self, key: &str, text: &str) -> bool {
        self.settings.get(key).is_some_and(|raw| raw.text.trim() == text)
    }

    /// Notes a problem between settings.
    pub(super) fn add_problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Notes a problem of a setting that is missing or already taken.
    pub(super) fn add_problem_of(&mut self, key: &str, problem: &str) {
        self.add_problem(format!("{}: {problem}", self.origins.of(key)));
    }

    /// Returns the secrets in files that every user of the machine can read.
    pub(super) fn take_readable_secrets(&mut self) -> Vec<String> {
        std::mem::take(&mut self.readable_secrets)
    }

    /// Returns the problems so far.
    pub(super) fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// Returns every problem. A setting that was not taken is unknown.
    pub(super) fn finish(self) -> Vec<String> {
        let unknown = self.settings.into_values().map(|raw| {
            format!("{}: there is no such setting; docs/configuration.md lists all of them", raw.origin)
        });
        self.problems.into_iter().chain(unknown).collect()
    }
}
