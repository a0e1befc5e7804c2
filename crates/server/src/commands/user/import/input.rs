//! The file to import.

use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::Path;

use super::lines::Lines;
use crate::command_error::CommandError;

/// A file, a pipe, or standard input.
pub(super) struct Input {
    source: Box<dyn Read>,
    /// The size of a file.
    bytes: Option<u64>,
}

impl Input {
    /// Opens a path; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        if path == Path::new("-") {
            return Ok(Self { source: Box::new(stdin()), bytes: None });
        }
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened
            .map_err(|error| CommandError::Failed(format!("{} cannot be opened: {error}", path.display())))?;
        let bytes = metadata.is_file().then_some(metadata.len());
        Ok(Self { source: Box::new(file), bytes })
    }

    /// Whether it is a file, and neither a pipe nor standard input.
    pub(super) const fn can_be_read_again(&self) -> bool {
        self.bytes.is_some()
    }

    /// The size; `None` if it is unknown.
    pub(super) const fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The lines.
    pub(super) fn lines(self) -> Lines {
        Lines::new(Box::new(BufReader::with_capacity(1 << 16, self.source)))
    }
}
