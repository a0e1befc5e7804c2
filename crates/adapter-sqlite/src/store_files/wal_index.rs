//! The header of the index of the write-ahead log: what the connections believe about the log
//! (<https://sqlite.org/walformat.html>, 2.1).

use std::io;
use std::path::Path;
use std::thread;

use super::kept_file::KeptFile;

/// The length of the header, which the file begins with twice.
const LENGTH: usize = 48;
/// The most attempts to read it between two changes by other threads and processes.
const ATTEMPTS: usize = 16;

/// The file with the index.
pub(super) struct WalIndex {
    pub(super) kept: KeptFile,
}

/// The parts of the header that the checks need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexHeader {
    /// The length of a page in bytes.
    pub(super) page: u64,
    /// The committed frames in the log.
    pub(super) frames: u64,
    /// The pages of the database after the last commit.
    pub(super) pages: u64,
    /// The salts of the log, as they are in the log.
    pub(super) salts: [u8; 8],
}

impl WalIndex {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { kept: KeptFile::open(path)? })
    }

    /// The header; `None` if it changes too often to be read, or if nothing is in it.
    pub(super) fn header(&self) -> io::Result<Option<IndexHeader>> {
        for _ in 0..ATTEMPTS {
            let Some(bytes) = self.kept.head::<{ 2 * LENGTH }>()? else { return Ok(None) };
            let (first, second) = bytes.split_at(LENGTH);
            if first == second {
                return Ok(IndexHeader::parse(first));
            }
            thread::yield_now();
        }
        Ok(None)
    }
}

impl IndexHeader {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let is_initialised = *bytes.get(12)? != 0;
        let page = u16::from_ne_bytes(*bytes.get(14..)?.first_chunk()?);
        let number = |at: usize| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?).into());
        let header = Self {
            // The longest page does not fit into the field.
            page: if page == 1 { 65_536 } else { page.into() },
            frames: number(16)?,
            pages: number(20)?,
            salts: *bytes.get(32..)?.first_chunk()?,
        };
        is_initialised.then_some(header)
    }
}
