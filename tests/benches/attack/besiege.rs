//! One flood, and the honest clients that use the service meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_e2e::clock::Stopwatch;

use crate::flood::{Flood, Tally};
use crate::honest::honest_clients;
use crate::report::{Report, Row};
use crate::target::{Route, Target};

/// Blocks of memory for hashes at the default cost, on up to four cores.
pub(crate) const DEFAULT_HASHING_MIB: u64 = 4 * 19;

/// An attack by its name in the table.
pub(crate) struct Siege<'a> {
    pub(crate) name: &'a str,
    pub(crate) route: Route,
    pub(crate) target: &'a Target,
    pub(crate) time: Duration,
    pub(crate) hashing_mib: u64,
    /// Lines that honest clients add to each head.
    pub(crate) headers: &'static [&'static [u8]],
}

impl Siege<'_> {
    /// Runs the flood as long as honest clients need, and reports both.
    pub(crate) async fn run(
        &self,
        report: &mut Report,
        flood: Flood,
        request: impl Fn(usize, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> Tally {
        let (stop, watch) = (Arc::new(AtomicBool::new(false)), Stopwatch::start());
        let connections = flood.attackers.len();
        let attack = tokio::spawn(flood.run(Arc::clone(&stop), request));
        let seen = honest_clients(self.target, self.time, self.headers).await;
        let time = watch.elapsed();
        stop.store(true, Ordering::Relaxed);
        let tally = attack.await.expect("a flood that does not panic");
        report.row(Row {
            name: self.name,
            route: self.route,
            target: self.target,
            seen,
            time,
            tally: &tally,
            connections,
            hashing_mib: self.hashing_mib,
        });
        tally
    }
}
