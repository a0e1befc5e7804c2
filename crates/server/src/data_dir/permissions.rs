//! Permission bits of files.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The permission bits of group and others.
pub(super) const OTHERS: u32 = 0o077;

/// Returns the permission bits of a file or directory.
pub(super) fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}
