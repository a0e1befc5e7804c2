//! The content of the write-ahead log (<https://sqlite.org/fileformat2.html>, 4.1).

use std::io;

use super::kept_file::KeptFile;
use super::problem::FilesProblem;
use super::wal_index::{IndexHeader, WalIndex};

const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;
/// The most attempts to read log and index between two changes by other threads and processes.
const ATTEMPTS: usize = 16;

/// Checks that the log contains the commits that the connections have seen. A write behind a gap in the log would be lost.
pub(super) fn check_log(log: &KeptFile, index: &WalIndex) -> Result<(), FilesProblem> {
    let unreadable = |error: io::Error| FilesProblem::unreadable(&log.path, &error);
    let mut before = index.header().map_err(unreadable)?;
    for _ in 0..ATTEMPTS {
        // Without frames, the log will be overwritten from its beginning.
        let Some(header) = before.filter(|header| header.frames > 0) else { return Ok(()) };
        if holds(log, &header).map_err(unreadable)? {
            return Ok(());
        }
        let after = index.header().map_err(unreadable)?;
        if after == before {
            return Err(FilesProblem::Overwritten(log.path.clone()));
        }
        before = after;
    }
    Ok(())
}

fn holds(log: &KeptFile, header: &IndexHeader) -> io::Result<bool> {
    let needed = HEADER + header.frames.saturating_mul(header.page + FRAME_HEADER);
    let is_long_enough = log.metadata()?.len() >= needed;
    let head = log.head::<32>()?;
    Ok(is_long_enough && head.is_some_and(|head| head.get(16..24) == Some(&header.salts)))
}
