//! Files with trusted content: secrets, settings and certificate authorities.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Write permission of group and others.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Write permission of others.
const WRITABLE_BY_ALL: u32 = 0o002;
/// Read permission of others.
const READABLE_BY_ALL: u32 = 0o004;

/// An open regular file and its permission bits.
pub(super) struct TrustedFile {
    file: File,
    mode: u32,
}

impl TrustedFile {
    /// Opens a regular file. A pipe is an error: reading it could block forever.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Without this flag, opening a pipe blocks until another process opens it for writing.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        // The metadata of the open file: another file may be at the path by now.
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok(Self { file, mode: metadata.permissions().mode() })
    }

    /// Returns the problem if the group or others can write the file.
    pub(super) fn problem(&self) -> Option<String> {
        self.writable(WRITABLE_BY_OTHERS)
    }

    /// Returns the problem if every user of the machine can write the file.
    ///
    /// Write permission of the group is allowed: on many systems each user has a group of their own.
    pub(super) fn problem_of_settings(&self) -> Option<String> {
        self.writable(WRITABLE_BY_ALL)
    }

    fn writable(&self, by: u32) -> Option<String> {
        (self.mode & by != 0).then(|| {
            format!(
                "is writable by other users (mode {:04o}), who could replace its content; run `chmod go-w` on it",
                self.mode & 0o7777
            )
        })
    }

    /// Returns whether every user of the machine can read the file.
    pub(super) const fn is_readable_by_all(&self) -> bool {
        self.mode & READABLE_BY_ALL != 0
    }

    /// Returns the permission bits.
    pub(super) const fn mode(&self) -> u32 {
        self.mode
    }

    /// Reads the whole file.
    pub(super) fn read(mut self) -> io::Result<String> {
        let mut text = String::new();
        self.file.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Returns the open file.
    pub(super) fn into_file(self) -> File {
        self.file
    }
}
