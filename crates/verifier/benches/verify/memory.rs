//! The memory of this process.

use std::fs;

/// Returns the resident memory in MiB; `None` if the system has no `/proc`.
pub(crate) fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Prints the memory of a million entries.
pub(crate) fn print_growth(when: &str, before: Option<f64>) {
    if let (Some(before), Some(after)) = (before, resident()) {
        println!(
            "{:.1} MiB of memory for a million entries {when}: {before:.1} MiB, then {after:.1}",
            after - before
        );
    }
}
