//! Reading secrets: from a setting, or from the file that `…_file` names.

use std::path::Path;

use zeroize::Zeroizing;

use super::reader::Reader;
use super::secret::Secret;
use super::secret_file::{SecretFile, path_in_message};
use super::sources::{ENVIRONMENT_PREFIX, Raw, variable};
use super::spelling;
use super::taken::Content;
use super::trusted_file::TrustedFile;

/// The length that each part of a list of keys has at least.
const MIN_KEY_LENGTH: usize = 32;

/// The text of a secret setting or of its file.
struct Given {
    text: Zeroizing<String>,
    /// The items of a TOML array.
    items: Option<Vec<String>>,
    origin: String,
    is_file: bool,
}

impl Reader {
    /// Takes a secret from the setting or from `…_file`.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let given = self.given(key)?;
        if given.items.is_some() {
            self.add_problem(format!("{}: it is a list; write one value", given.origin));
            return None;
        }
        self.parsed(&given.origin, &given.text)
    }

    /// Takes several secrets: one per line, or a TOML array. Commas do not separate them, since a secret may contain commas.
    pub(super) fn secrets(&mut self, key: &str) -> Vec<Secret> {
        let Some(given) = self.given(key) else { return Vec::new() };
        if let Some(items) = &given.items {
            return items.iter().filter_map(|item| self.parsed(&given.origin, item)).collect();
        }
        if given.text.is_empty() {
            return Vec::new();
        }
        if !given.is_file && is_comma_list(&given.text) {
            self.add_problem(format!(
                "{}: it looks like a list, but commas and brackets do not separate keys here; write one key per line into the \
                 file of {}_FILE, or use a TOML array (also for one key that contains a comma)",
                given.origin,
                variable(key)
            ));
            return Vec::new();
        }
        let lines = given.text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let numbered =
            lines.enumerate().map(|(index, line)| (format!("{}, line {}", given.origin, index + 1), line));
        numbered.filter_map(|(origin, line)| self.parsed(&origin, line)).collect()
    }

    /// Takes a secret that is required in the case `when`.
    pub(super) fn required_secret(&mut self, key: &str, when: &str) -> Option<Secret> {
        if !self.settings.contains_key(key) && !self.settings.contains_key(&file_key(key)) {
            self.add_problem_of(key, &format!("it must be set {when}"));
        }
        self.secret(key)
    }

    fn given(&mut self, key: &str) -> Option<Given> {
        let given = self.take_given(key)?;
        self.origins.note(key, &given.origin);
        Some(given)
    }

    fn take_given(&mut self, key: &str) -> Option<Given> {
        match (self.take(key, Content::Secret), self.take(&file_key(key), Content::SecretPath)) {
            (Some(given), Some(file)) => {
                self.add_problem(format!(
                    "{} and {}: both are set; remove one of them",
                    given.origin, file.origin
                ));
                None
            }
            (Some(Raw { text, origin, .. }), None)
                if origin.starts_with(ENVIRONMENT_PREFIX) && spelling::is_quoted(&text) =>
            {
                self.add_problem(format!(
                    "{origin}: the value is in quotation marks; remove them, or use {}_FILE if they belong to the secret",
                    variable(key)
                ));
                None
            }
            (Some(Raw { text, items, origin, .. }), None) => {
                if self.is_in_readable_file(key, &origin) {
                    self.readable_secrets.push(origin.clone());
                }
                Some(Given { text: Zeroizing::new(text), items, origin, is_file: false })
            }
            (None, Some(file)) => self.file(file),
            (None, None) => None,
        }
    }

    fn file(&mut self, Raw { text: path, origin, .. }: Raw) -> Option<Given> {
        let printable = path_in_message(&path);
        let file = TrustedFile::open(Path::new(&path));
        if let Some(problem) = file.as_ref().ok().and_then(TrustedFile::problem) {
            self.add_problem(format!("{origin}: {printable} {problem}"));
            return None;
        }
        let is_readable_by_all = file.as_ref().is_ok_and(TrustedFile::is_readable_by_all);
        match file.and_then(SecretFile::read_from) {
            Ok(SecretFile { text, .. }) => {
                if is_readable_by_all {
                    self.readable_secrets.push(format!("{origin}: {printable}"));
                }
                Some(Given { text, items: None, origin, is_file: true })
            }
            Err(error) => {
                self.add_problem(format!(
                    "{origin}: {printable} cannot be read: {error}; correct the path, the file or its permissions"
                ));
                None
            }
        }
    }

    fn parsed(&mut self, origin: &str, text: &str) -> Option<Secret> {
        let parsed = Secret::parse(text).map_err(|problem| format!("{origin}: {problem}"));
        parsed.map_err(|problem| self.add_problem(problem)).ok()
    }
}

fn file_key(key: &str) -> String {
    format!("{key}_file")
}

/// Returns whether a text looks like keys separated by commas, each long enough for a key, or like an array.
fn is_comma_list(text: &str) -> bool {
    if text.starts_with("[\"") && text.ends_with("\"]") {
        return true;
    }
    let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    text.contains(',') && !text.contains('\n') && parts.all(|part| part.len() >= MIN_KEY_LENGTH)
}
