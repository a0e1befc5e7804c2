//! Printing a secret to standard output.

use std::fs::{File, metadata};
use std::io::{self, Write, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// Prints to standard output. The null device is an error; the runtime opens it when standard output is closed.
pub(super) fn print(text: &str) -> io::Result<()> {
    let output = File::from(stdout().as_fd().try_clone_to_owned()?).metadata()?;
    if output.file_type().is_char_device() && output.rdev() == metadata("/dev/null")?.rdev() {
        return Err(io::Error::other("it is closed or /dev/null"));
    }
    stdout().write_all(text.as_bytes())?;
    stdout().flush()
}
