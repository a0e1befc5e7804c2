//! The targets of the audit stream: files that are moved, full disks, pipes that are not read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod losses;
