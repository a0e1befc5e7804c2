//! The generated signing key: 64 hexadecimal digits in a file of mode 0600.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use auth_domain::ports::Entropy;
use zeroize::Zeroizing;

use super::{OTHERS, unusable};
use crate::config::{Secret, SecretFile};
use crate::failure::{Failure, chain};

/// The random bytes in a key, which has twice as many characters.
const KEY_BYTES: usize = 32;
/// The random bytes in the name of a temporary file.
const NAME_BYTES: usize = 8;

pub(super) fn read(path: &Path) -> Result<Secret, Failure> {
    let rejected =
        |problem: String| Failure::Startup(format!("the signing key {}: {problem}", path.display()));
    let file = SecretFile::read(path).map_err(|error| rejected(format!("it cannot be read: {error}")))?;
    if file.mode & OTHERS != 0 {
        return Err(rejected(format!(
            "others can use it (mode {:04o}), and everyone who reads it can sign tokens; run `chmod 600` on it, and make a new one \
             if another user may have read it",
            file.mode & 0o7777
        )));
    }
    Secret::parse(&file.text).map_err(|problem| rejected(problem.to_owned()))
}

/// A store whose key is gone: a new key must not be made silently, since tokens are in use.
pub(super) fn lost(key: &Path, store: &Path) -> Failure {
    let (key, store) = (key.display(), store.display());
    Failure::Startup(format!(
        "the store {store} is there, but its signing key {key} is missing. Either restore the key from a backup (or set \
         HOOKSENTRY_AUTH__JWT__KEY if the key was there). Or make a new one, after which no access token that was issued is \
         accepted any more and failed logins are counted anew: (umask 077; openssl rand -hex 32 > '{key}')"
    ))
}

/// Writes the key to a temporary file in the same directory and renames it, so that a crash leaves no half key.
///
/// A rename would replace a key that another process has made. The caller holds a lock, so there is none. Hard links,
/// `O_TMPFILE` and a rename that replaces nothing are not available on every volume (SMB, FUSE, exFAT).
pub(super) fn make(folder: &Path, path: &Path, entropy: &dyn Entropy) -> Result<(), Failure> {
    let key = hex::<KEY_BYTES>(entropy)?;
    let draft = folder.join(format!("jwt.key.{}", &*hex::<NAME_BYTES>(entropy)?));
    let made = create(&draft).and_then(|file| {
        let written = write(file, key.as_bytes()).and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&draft);
        }
        written
    });
    made.and_then(|()| sync(folder)).map_err(|error| unusable(folder, &error))
}

/// Creates the file. It follows no symbolic link, and fails if a file of this name exists.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn write(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Some file systems cannot sync a directory; they order renames by themselves or not at all.
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

fn hex<const BYTES: usize>(entropy: &dyn Entropy) -> Result<Zeroizing<String>, Failure> {
    let mut random = Zeroizing::new([0; BYTES]);
    entropy.fill(&mut *random).map_err(|error| Failure::Startup(chain(&error)))?;
    let mut text = Zeroizing::new(String::with_capacity(2 * BYTES));
    for byte in random.iter() {
        text.extend([byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
    }
    Ok(text)
}
