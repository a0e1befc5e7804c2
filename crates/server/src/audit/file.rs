//! The file of the audit stream.

use std::fs::{File, OpenOptions, metadata, symlink_metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;

/// The permission bits of a new file.
const MODE: u32 = 0o600;
/// Write permission of group and others.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Opens a file for appending, and creates it if it is missing.
///
/// A link, symbolic or hard, is rejected: who can replace the file by a link could let the service append to any file of its own. So
/// is a file that others can write, who could remove records.
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Without `NONBLOCK`, opening a pipe blocks until another process opens it for reading.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(MODE).custom_flags(flags);
    let file = match options.clone().create_new(true).open(path) {
        Ok(file) => give_to_owner_of_folder(file, path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    };
    let file = file.map_err(|error| match symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            unusable("it is a symbolic link; write the path of the file itself")
        }
        Ok(_) | Err(_) => error,
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(unusable("it is not a regular file; for a pipe, set AUDIT__TARGET to stdout"));
    }
    if metadata.nlink() > 1 {
        return Err(unusable("it has another name (a hard link); write the path of a file of its own"));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(unusable(
            "it is writable by other users, who could remove records; run `chmod go-w` on it",
        ));
    }
    sync_folder(path);
    Ok(file)
}

/// Gives a new file to the owner of its folder if this process is root: a command that root runs must not keep the service from
/// its file.
fn give_to_owner_of_folder(file: File, path: &Path) -> io::Result<File> {
    if geteuid().is_root() {
        let folder = metadata(folder(path))?;
        fchown(&file, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(file)
}

/// Returns whether the file does not end with a line break: a process was stopped while it wrote a line.
pub(super) fn is_incomplete(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

/// Returns whether the open file is the one at the path: it was neither moved nor deleted.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), symlink_metadata(path)) {
        (Ok(open), Ok(present)) => id(open) == id(present),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Returns whether the open file has a name, at whatever path.
pub(super) fn has_name(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
}

/// Makes the name of a new file survive a power failure. A folder that cannot be opened is no reason to reject the file.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder(path)) {
        let _ = folder.sync_all();
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn unusable(problem: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, problem)
}
