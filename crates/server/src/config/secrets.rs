//! Secrets: read as they are, or from the file that `…_file` names.
//!
//! Nothing is trimmed except one line break at the end of a file. White space around a secret is an error: another program
//! that shares the secret may or may not trim it.

use std::fmt;
use std::io::{self, Read};
use std::path::{Component, Path};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::reader::Reader;
use super::sources::Raw;
use super::trusted_file::TrustedFile;

/// The largest file that a secret is read from.
const MAX_FILE: u64 = 64 * 1_024;
/// A text of at least this length may be a secret that was pasted in place of a path.
const SHORTEST_SECRET: usize = 32;

/// A secret setting; silent in `Debug`, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret(String);

/// A secret file as it was read.
pub(crate) struct SecretFile {
    /// The content without the line break at its end.
    pub(crate) text: Zeroizing<String>,
    /// The permission bits.
    pub(crate) mode: u32,
}

impl Secret {
    /// Takes a secret that was already checked.
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// Takes a text that a secret was read from.
    ///
    /// # Errors
    /// The reason, if it is empty or has white space around it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.starts_with('\u{feff}') {
            return Err("it begins with a byte order mark; save it as plain UTF-8");
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(
                "there is white space before or after the secret; remove it (a file may end with one line break)",
            );
        }
        Ok(Self::new(text.to_owned()))
    }

    /// Returns the text of the secret.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl SecretFile {
    /// Reads a file, and removes exactly one line break at its end.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        Self::read_from(TrustedFile::open(path)?)
    }

    fn read_from(file: TrustedFile) -> io::Result<Self> {
        let mode = file.mode();
        let mut text = Zeroizing::new(String::with_capacity(1_024));
        file.into_file().take(MAX_FILE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(io::Error::other("it has more than 64 KiB, so it is no secret"));
        }
        let end =
            text.strip_suffix('\n').map_or(&**text, |line| line.strip_suffix('\r').unwrap_or(line)).len();
        text.truncate(end);
        Ok(Self { text, mode })
    }
}

/// A secret as a source gives it.
struct Given {
    text: Zeroizing<String>,
    /// The items of a TOML array.
    items: Option<Vec<String>>,
    origin: String,
    is_file: bool,
}

impl Reader {
    /// Takes a secret, given as it is or as `…_file`, a path.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let given = self.given(key)?;
        if given.items.is_some() {
            self.object(format!("{}: it is a list; write one text", given.origin));
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
            self.object(format!(
                "{}: it looks like keys separated by commas, which are not split any more; write one key a line in the \
                 file of {}_FILE, or a TOML array. One key that contains a comma is written there, too",
                given.origin,
                key.to_ascii_uppercase().replace('.', "__")
            ));
            return Vec::new();
        }
        let lines = given.text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let numbered =
            lines.enumerate().map(|(index, line)| (format!("{}, line {}", given.origin, index + 1), line));
        numbered.filter_map(|(origin, line)| self.parsed(&origin, line)).collect()
    }

    /// Takes a required secret; `when` says in which case it is required.
    pub(super) fn required_secret(&mut self, key: &str, when: &str) -> Option<Secret> {
        if self.origin(key).is_none() {
            self.object_to(key, &format!("it has to be set {when}"));
        }
        self.secret(key)
    }

    /// Notes a problem if a secret is set that nothing uses; `since` says why.
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

    fn given(&mut self, key: &str) -> Option<Given> {
        let given = self.settings.remove(key).filter(|raw| !raw.text.is_empty());
        let file = self.settings.remove(&format!("{key}_file")).filter(|raw| !raw.text.is_empty());
        match (given, file) {
            (Some(given), Some(file)) => {
                self.object(format!("{} and {}: set only one of them", given.origin, file.origin));
                None
            }
            (Some(Raw { text, items, origin }), None) => {
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
        let shown = shown(&path);
        let file = TrustedFile::open(Path::new(&path));
        if let Some(problem) = file.as_ref().ok().and_then(TrustedFile::problem) {
            self.object(format!("{origin}: {shown} {problem}"));
            return None;
        }
        let is_readable_by_all = file.as_ref().is_ok_and(TrustedFile::is_readable_by_all);
        match file.and_then(SecretFile::read_from) {
            Ok(SecretFile { text, .. }) => {
                if is_readable_by_all {
                    self.readable_secrets.push(format!("{origin}: {shown}"));
                }
                Some(Given { text, items: None, origin, is_file: true })
            }
            Err(error) => {
                self.object(format!("{origin}: {shown} cannot be read: {error}"));
                None
            }
        }
    }

    fn parsed(&mut self, origin: &str, text: &str) -> Option<Secret> {
        let parsed = Secret::parse(text).map_err(|problem| format!("{origin}: {problem}"));
        parsed.map_err(|problem| self.object(problem)).ok()
    }
}

/// Returns whether a text looks like the earlier form, keys separated by commas: each part could be a key.
fn is_comma_list(text: &str) -> bool {
    let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    text.contains(',') && !text.contains('\n') && parts.all(|part| part.len() >= SHORTEST_SECRET)
}

/// Returns a path for messages. A secret that was pasted in place of the path is not shown (S-40): a long text is shown only
/// if its folder exists.
fn shown(path: &str) -> &str {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    let folder = Path::new(path).parent().filter(|folder| folder.components().any(is_name));
    let is_short = path.len() < SHORTEST_SECRET && !path.contains("://");
    if is_short || folder.is_some_and(Path::is_dir) {
        path
    } else {
        "the file (its name is not shown: it may be a secret that was pasted here in place of a path)"
    }
}
