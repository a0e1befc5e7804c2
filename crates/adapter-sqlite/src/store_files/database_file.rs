//! The content of the database file, which changes by checkpoints alone (<https://sqlite.org/fileformat2.html>, 1.3).

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::kept_file::KeptFile;
use super::problem::FilesProblem;
use super::wal_index::WalIndex;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// The database file, with its last state that was checked.
pub(super) struct DatabaseFile {
    pub(super) kept: KeptFile,
    /// The mark of this server; `None` if this process is not the server.
    mark: Option<i32>,
    last: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    length: u64,
    header: Header,
}

/// The parts of the header that show whether a checkpoint has written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    /// The field `user_version`, which readiness checks increment.
    version: i32,
    /// The field `application_id`.
    mark: i32,
}

impl DatabaseFile {
    pub(super) fn open(path: &Path, mark: Option<i32>) -> io::Result<Self> {
        let kept = KeptFile::open(path)?;
        let state = state(&kept)?.ok_or_else(|| io::Error::other("it has no header"))?;
        Ok(Self { kept, mark, last: Mutex::new(state) })
    }

    /// Checks that only checkpoints have written the file since the last check.
    pub(super) fn check(&self, index: &WalIndex) -> Result<(), FilesProblem> {
        let unreadable = |error: io::Error| FilesProblem::unreadable(&self.kept.path, &error);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let found = state(&self.kept).map_err(unreadable)?;
        if found == Some(*last) {
            return Ok(());
        }
        let pages = index.header().map_err(unreadable)?.map_or(0, |header| header.pages * header.page);
        match found {
            Some(new) if self.follows(&new, &last, pages) => *last = new,
            Some(_) | None => return Err(FilesProblem::Overwritten(self.kept.path.clone())),
        }
        Ok(())
    }

    /// Whether a checkpoint leads from one state to the next. `pages` is the length of the database after the last commit: only
    /// a `VACUUM` makes the file shorter, and not below it.
    fn follows(&self, new: &State, last: &State, pages: u64) -> bool {
        let is_marked =
            self.mark.is_none_or(|mark| new.header.mark == mark || new.header.mark == last.header.mark);
        let is_newer = new.header.version.wrapping_sub(last.header.version) >= 0;
        is_marked && is_newer && new.length >= last.length.min(pages)
    }
}

/// The present state; `None` if the file has no header.
fn state(file: &KeptFile) -> io::Result<Option<State>> {
    let header = file.head::<100>()?.and_then(|head| Header::parse(&head));
    let state = |header| Ok(State { length: file.metadata()?.len(), header });
    header.map(state).transpose()
}

impl Header {
    fn parse(head: &[u8; 100]) -> Option<Self> {
        let number = |at: usize| Some(i32::from_be_bytes(*head.get(at..)?.first_chunk()?));
        let header = Self { version: number(60)?, mark: number(68)? };
        head.starts_with(MAGIC).then_some(header)
    }
}
