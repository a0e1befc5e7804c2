//! `audit`: the stream of security events.

use std::path::PathBuf;

use super::reader::Reader;
use super::{choices, values};

const FILE: &str = "audit.file";

/// The target of the audit stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuditTarget {
    /// There is no audit stream.
    Off,
    /// Records are appended to this file.
    File(PathBuf),
    /// Records are written to standard output.
    StandardOutput,
}

/// `audit.target`
#[derive(Clone, Copy)]
enum Kind {
    Off,
    File,
    StandardOutput,
}

impl AuditTarget {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let kinds = [("off", Kind::Off), ("file", Kind::File), ("stdout", Kind::StandardOutput)];
        let kind = reader.read("audit.target", |text| choices::choice(text, &kinds));
        match kind {
            Some(Kind::File) if !reader.settings.contains_key(FILE) => {
                reader.add_problem_of(
                    FILE,
                    "it is missing; write the path of the file, because AUDIT__TARGET is file",
                );
                None
            }
            Some(Kind::File) => reader.optional(FILE, values::path).map(Self::File),
            Some(kind @ (Kind::Off | Kind::StandardOutput)) => {
                reader.unused(&[FILE], "AUDIT__TARGET is not file; remove it, or write file there");
                Some(if matches!(kind, Kind::Off) { Self::Off } else { Self::StandardOutput })
            }
            None => {
                reader.optional(FILE, values::path);
                None
            }
        }
    }
}
