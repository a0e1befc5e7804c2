//! The memory of password hashes, and the memory limit of the process.

use auth_domain::ports::{Check, TurnCost};
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

const MIB: u64 = 1 << 20;

/// What the process needs in addition to password hashes, under load.
const WITHOUT_HASHES: u64 = 64 * MIB;

/// Returns the memory limit of the process in bytes: that of its control group (a container, a systemd unit), otherwise the memory
/// of the machine. `None` if it cannot be read.
fn memory_limit() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    let pid = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    let of_group = system.process(pid).and_then(Process::cgroup_limits);
    of_group.map(|limits| limits.total_memory).or(Some(system.total_memory())).filter(|limit| *limit > 0)
}

/// Returns the check of the concurrent hashes against the memory limit, if that can be read.
pub(crate) fn check(cost: &TurnCost) -> Option<Check> {
    memory_limit().map(|limit| compare(cost.concurrency, cost.memory_kib, limit))
}

/// Returns how many of so many hashes half of the memory limit holds, and at least one.
pub(crate) fn fitting(hashes: usize, memory_kib: u32) -> usize {
    memory_limit().map_or(hashes, |limit| fitting_into(limit, hashes, memory_kib))
}

fn fitting_into(limit: u64, hashes: usize, memory_kib: u32) -> usize {
    let each = u64::from(memory_kib.max(1)) << 10;
    usize::try_from(limit / 2 / each).unwrap_or(usize::MAX).clamp(1, hashes.max(1))
}

/// Compares the memory of the hashes that are computed at the same time with the memory limit.
///
/// The kernel ends a process that exceeds its limit, and it logs nothing: logins would end the service.
fn compare(concurrency: u32, memory_kib: u32, limit: u64) -> Check {
    let hashes = u64::from(concurrency).saturating_mul(u64::from(memory_kib) << 10);
    let text = format!(
        "password hashes need up to {} MiB ({concurrency} at the same time, {memory_kib} KiB each); the memory limit of this process is \
         {} MiB",
        hashes.div_ceil(MIB),
        limit / MIB
    );
    let remedy = "raise the limit of the container or the unit, or lower PASSWORD__CONCURRENCY or PASSWORD__MEMORY_KIB";
    if hashes >= limit {
        Check::error(format!("{text}, so logins would end it; {remedy}"))
    } else if hashes.saturating_add(WITHOUT_HASHES) > limit {
        let rest = WITHOUT_HASHES / MIB;
        Check::warning(format!("{text}, and everything else needs up to {rest} MiB; {remedy}"))
    } else {
        Check::ok(text)
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use super::*;

    #[test]
    fn hashes_that_exceed_the_memory_limit_are_an_error() {
        let check = compare(8, 65_536, 512 * MIB);
        assert_eq!(check.severity, Severity::Error);
        assert!(check.text.contains("need up to 512 MiB"), "{}", check.text);
        assert_eq!(compare(1_024, u32::MAX, 512 * MIB).severity, Severity::Error);
    }

    #[test]
    fn little_memory_for_the_rest_is_a_warning() {
        assert_eq!(compare(8, 65_536, 575 * MIB).severity, Severity::Warning);
        assert_eq!(compare(8, 65_536, 576 * MIB).severity, Severity::Ok);
    }

    #[test]
    fn as_many_hashes_as_cores_fit_into_half_of_the_limit() {
        assert_eq!(fitting_into(512 * MIB, 64, 19_456), 13);
        assert_eq!(fitting_into(512 * MIB, 8, 19_456), 8);
        assert_eq!(fitting_into(16 * MIB, 8, 19_456), 1);
    }

    #[test]
    fn the_limit_of_this_process_is_read() {
        assert!(memory_limit().is_some_and(|limit| limit > 64 * MIB));
    }
}
