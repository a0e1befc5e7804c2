//! Processor time of the service and of the servers behind it.

use std::fs;

use crate::output::{Ticks, stat};

/// Microseconds in a clock tick: `sysconf(_SC_CLK_TCK)` is 100 on Linux.
const MICROS_PER_TICK: f64 = 10_000.0;

/// The process ids whose time is measured: service, Redis, Postgres. 0 is no process.
pub(crate) type Processes = [u32; 3];

/// Microseconds in user and system mode, for each of [`Processes`].
pub(crate) type Cpu = [Ticks; 3];

/// The processor time so far.
pub(crate) fn read(processes: Processes) -> Cpu {
    processes.map(|root| {
        let mut total = Ticks::default();
        for id in [root].into_iter().chain(children(root)) {
            let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let ticks = stat(&text).unwrap_or_default();
            total.user += ticks.user * MICROS_PER_TICK;
            total.system += ticks.system * MICROS_PER_TICK;
        }
        total
    })
}

/// The time between two reads, for each of `requests`.
pub(crate) fn per_request(before: Cpu, after: Cpu, requests: f64) -> Cpu {
    let mut difference = after;
    for (now, then) in difference.iter_mut().zip(before) {
        now.user = (now.user - then.user) / requests;
        now.system = (now.system - then.system) / requests;
    }
    difference
}

fn children(id: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
