//! Files that contain a secret.

use std::io::{self, Read};
use std::path::{Component, Path};

use zeroize::Zeroizing;

use super::public::public;
use super::trusted_file::TrustedFile;

/// The largest size of the file in bytes.
const MAX_BYTES: u64 = 64 * 1_024;
/// The content of a secret file.
pub(crate) struct SecretFile {
    /// The content without the line break at its end.
    pub(crate) text: Zeroizing<String>,
    /// The permission bits.
    pub(crate) mode: u32,
}

impl SecretFile {
    /// Reads a file, and removes exactly one line break at its end.
    ///
    /// # Errors
    /// The I/O error; also if the file is too large or not UTF-8.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        Self::read_from(TrustedFile::open(path)?)
    }

    pub(super) fn read_from(file: TrustedFile) -> io::Result<Self> {
        let mode = file.mode();
        let mut text = Zeroizing::new(String::with_capacity(1_024));
        file.into_file().take(MAX_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(io::Error::other("it is larger than 64 KiB, so it is not a secret"));
        }
        let end =
            text.strip_suffix('\n').map_or(&**text, |line| line.strip_suffix('\r').unwrap_or(line)).len();
        text.truncate(end);
        Ok(Self { text, mode })
    }
}

/// Returns a path for messages; `None` if its directory does not exist or it contains a secret.
///
/// A secret that was pasted in place of a path must not be printed (S-40). A short one or one with slashes looks like a path, but
/// names no directory that exists.
pub(crate) fn printable_path(path: &str) -> Option<&str> {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    let folder = Path::new(path).parent().filter(|folder| folder.components().any(is_name));
    folder.filter(|folder| folder.is_dir()).and_then(|_| public(path))
}

/// Like [`printable_path`], with a text in place of a path that is not printed.
pub(crate) fn path_in_message(path: &str) -> &str {
    printable_path(path).unwrap_or(
        "the file (its name is not printed: it may be a secret that was pasted in place of a path)",
    )
}
