//! The target of the audit stream: a file, or standard output.

use std::fs::File;
use std::io::{self, ErrorKind, Write, stdout};
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::file;
use crate::writable::wait_until_writable;

/// The most bytes in one write to standard output. A pipe takes so many at once, so lines of several writers do not mix
/// (`PIPE_BUF`).
const MAX_PIPE_WRITE: usize = 4_096;

/// A target, which may be full, broken or stuck.
pub(super) struct Target {
    file: File,
    /// The path; `None` for standard output.
    path: Option<PathBuf>,
    /// Whether the last line is incomplete. The next one then starts with a line break.
    is_incomplete: bool,
}

impl Target {
    /// Opens a file, and creates it if it is missing.
    ///
    /// # Errors
    /// If it cannot be opened, or must not be used.
    pub(super) fn file(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: file::open(&path)?, path: Some(path), is_incomplete: false })
    }

    /// Returns standard output, by a descriptor of its own: while this writer is stuck, the lock of `Stdout` would block others.
    ///
    /// # Errors
    /// If standard output cannot be duplicated.
    pub(super) fn standard_output() -> io::Result<Self> {
        Ok(Self::of_descriptor(stdout().as_fd().try_clone_to_owned()?.into()))
    }

    /// Returns a descriptor that cannot be opened again.
    pub(super) const fn of_descriptor(file: File) -> Self {
        Self { file, path: None, is_incomplete: false }
    }

    /// Opens the file again if another one, or none, is at its path. While that fails, the file that is open stays in use, if it
    /// still has a name: a record in a file that was moved is better than none. Returns the error in this case.
    ///
    /// # Errors
    /// As [`file`](Self::file), if the file that is open was deleted.
    pub(super) fn follow_path(&mut self) -> io::Result<Option<io::Error>> {
        let Some(path) = self.path.as_ref().filter(|path| !file::is_at(&self.file, path)) else {
            return Ok(None);
        };
        match Self::file(path.clone()) {
            Ok(opened) => *self = opened,
            Err(error) if file::has_name(&self.file) => return Ok(Some(error)),
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Appends lines: a file gets all of them in one write. Returns how many bytes of whole lines were written, and the error
    /// that ended it. A line that was written in part is to be written again.
    pub(super) fn append(&mut self, lines: &[u8]) -> (usize, io::Result<()>) {
        let mut rest = lines;
        let result = self.write_parts(&mut rest);
        let written = lines.get(..lines.len() - rest.len()).unwrap_or_default();
        let whole = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.is_incomplete |= whole < written.len();
        (whole, result)
    }

    /// Waits until everything that was written is on the disk, if the target has one.
    ///
    /// # Errors
    /// The error of the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.file.sync_data() {
            // A pipe or a terminal.
            Err(error) if self.path.is_none() && error.kind() == ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }

    fn write_parts(&mut self, rest: &mut &[u8]) -> io::Result<()> {
        // A command may have written to the same file, and its disk may have been full.
        if self.path.is_some() {
            self.is_incomplete = file::is_incomplete(&self.file)?;
        }
        if self.is_incomplete {
            self.write_some(b"\n")?;
            self.is_incomplete = false;
        }
        while !rest.is_empty() {
            let part = if self.path.is_some() { *rest } else { whole_lines(rest) };
            let length = self.write_some(part)?;
            *rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    fn write_some(&mut self, part: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(part) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => return Ok(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program made the descriptor non-blocking. Only this thread waits.
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_until_writable(&self.file)?,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the lines that a pipe takes in one write, at least one.
pub(super) fn whole_lines(lines: &[u8]) -> &[u8] {
    let line_break = |part: &[u8]| part.iter().rposition(|byte| *byte == b'\n');
    let several = lines.get(..MAX_PIPE_WRITE).and_then(line_break);
    let end = several.or_else(|| lines.iter().position(|byte| *byte == b'\n'));
    match (lines.len() <= MAX_PIPE_WRITE, end) {
        (false, Some(end)) => lines.get(..=end).unwrap_or(lines),
        (true, _) | (false, None) => lines,
    }
}
