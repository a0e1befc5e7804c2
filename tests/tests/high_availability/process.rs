//! What a process holds.

use std::fs;

use auth_e2e::Server;

/// The memory and the open files of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) kib: u64,
    pub(super) files: usize,
}

impl Held {
    pub(super) fn by(server: &Server) -> Self {
        let id = server.process.id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line about memory");
        let kib = line.trim().trim_end_matches(" kB").parse().expect("a number");
        Self { kib, files: fs::read_dir(format!("/proc/{id}/fd")).expect("a running process").count() }
    }
}
