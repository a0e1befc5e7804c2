//! The generated signing key: 64 hexadecimal digits in a file with mode 0600.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use auth_domain::ports::Entropy;
use zeroize::Zeroizing;

use super::errors::unusable;
use super::permissions::OTHERS;
use crate::command_error::CommandError;
use crate::config::{Secret, SecretFile};
use crate::error_chain::error_chain;

/// The number of random bytes in a key.
const KEY_BYTES: usize = 32;
/// The number of random bytes in the name of a temporary file.
const NAME_BYTES: usize = 8;

/// Reads the key.
pub(super) fn read(path: &Path) -> Result<Secret, CommandError> {
    Secret::parse(&read_text(path)?).map_err(|problem| rejected(path, problem))
}

/// Reads the text of a file that only its owner can access.
pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, CommandError> {
    let rejected = |problem: String| rejected(path, &problem);
    let file = SecretFile::read(path).map_err(|error| rejected(format!("it cannot be read: {error}")))?;
    if file.mode & OTHERS != 0 {
        return Err(rejected(format!(
            "other users can access it (mode {:04o}), and everyone who can read it can sign tokens; run `chmod 600` on it, and replace \
             the key if another user may have read it",
            file.mode & 0o7777
        )));
    }
    Ok(file.text)
}

/// Returns the error for a key that cannot be used.
pub(super) fn rejected(path: &Path, problem: &str) -> CommandError {
    CommandError::Failed(format!("the signing key {}: {problem}", path.display()))
}

/// Returns the error for a store without its key. A new key is not generated silently: it would make all access tokens invalid.
pub(super) fn missing(key: &Path, store: &Path) -> CommandError {
    let (key, store) = (key.display(), store.display());
    CommandError::Failed(format!(
        "the store {store} exists, but its signing key {key} is missing. Either restore the key from a backup, or set \
         HOOKSENTRY_AUTH__JWT__KEY if the key was set there. Or generate a new key; then all issued access tokens become \
         invalid, and the counts of failed logins are lost: (umask 077; openssl rand -hex 32 > '{key}')"
    ))
}

/// Writes a new key.
pub(super) fn generate(folder: &Path, path: &Path, entropy: &dyn Entropy) -> Result<(), CommandError> {
    replace(folder, path, &hex::<KEY_BYTES>(entropy)?, entropy)
}

/// Writes to a temporary file in the same directory and renames it, so that a crash leaves no incomplete key.
///
/// The rename would replace a key of another process; the caller holds the setup lock, so there is none. Hard links,
/// `O_TMPFILE` and a rename without replacement are not available on every volume (SMB, FUSE, exFAT).
pub(super) fn replace(
    folder: &Path,
    path: &Path,
    text: &str,
    entropy: &dyn Entropy,
) -> Result<(), CommandError> {
    let draft = folder.join(format!("jwt.key.{}", &*hex::<NAME_BYTES>(entropy)?));
    let made = create(&draft).and_then(|file| {
        let written = write(file, text.as_bytes()).and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            // The first error is reported.
            let _ = fs::remove_file(&draft);
        }
        written
    });
    made.and_then(|()| sync(folder)).map_err(|error| unusable(folder, &error))
}

/// Creates a file. It fails if a file or symbolic link of this name exists.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn write(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Syncs a directory, unless the file system cannot.
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

fn hex<const BYTES: usize>(entropy: &dyn Entropy) -> Result<Zeroizing<String>, CommandError> {
    let mut random = Zeroizing::new([0; BYTES]);
    entropy.fill(&mut *random).map_err(|error| CommandError::Failed(error_chain(&error)))?;
    let mut text = Zeroizing::new(String::with_capacity(2 * BYTES));
    for byte in random.iter() {
        text.extend([byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
    }
    Ok(text)
}
