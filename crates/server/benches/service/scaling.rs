//! How rates and processor time depend on the amount of data: `just bench scaling`.

use crate::figures::median;
use crate::measures::{ME, Measure, Variant};
use crate::output::Ticks;
use crate::results::Sample;
use crate::rounds::Bench;
use crate::wrk::Script;

/// The runs of each measure; the figures are their medians.
const RUNS: usize = 3;
const SESSIONS: [usize; 3] = [1_000, 100_000, 1_000_000];
const USERS: u32 = 1_000_000;
const DENYLIST: usize = 1_000_000;
/// The rotations of each session before it is measured, which is one live access token less.
const ROTATIONS: [usize; 2] = [10, 15];

const REFRESH: Measure = Measure::new("refresh", Variant::Reject, Script::Refresh, "");
const STRICT: Measure = Measure::new("verify strict", Variant::Reject, Script::Get, ME);
const CACHED: Measure = Measure::new("verify cached", Variant::Cached, Script::Get, ME);

/// The services that [`measure`] uses.
pub(crate) const MEASURES: [Measure; 3] = [REFRESH, STRICT, CACHED];

/// Prints a line for each amount of data. The data of a line stays for the lines after it, and each run of refreshes opens sessions
/// of its own.
pub(crate) async fn measure(bench: &mut Bench<'_>) {
    println!(
        "\n{:<26}{:<15}{:>9}{:>9}   µs per request: service, Redis, Postgres",
        "", "", "per s", "p99 ms"
    );
    for total in SESSIONS {
        let sessions = bench.sessions(Variant::Reject);
        let missing = total.saturating_sub(sessions.opened());
        // In parts, because the tokens are kept until all are open.
        for _ in 0..missing.div_ceil(50_000) {
            bench.sessions(Variant::Reject).open(missing.min(50_000)).await;
        }
        let opened = bench.sessions(Variant::Reject).opened();
        lines(bench, &format!("from {opened} sessions"), &MEASURES).await;
    }
    for rotations in ROTATIONS {
        bench.sessions(Variant::Reject).rotations = rotations;
        lines(bench, &format!("{} live tokens", rotations + 1), &[REFRESH]).await;
    }
    bench.sessions(Variant::Reject).rotations = 0;
    bench.servers.add_users(USERS);
    lines(bench, &format!("{USERS} users"), &[REFRESH]).await;
    bench.stores(Variant::Reject).revoke(DENYLIST).await;
    lines(bench, &format!("{DENYLIST} denylist entries"), &MEASURES).await;
    println!("cached: {:.0} MiB with these entries", bench.service(Variant::Cached).peak_mib());
    bench.start_service(Variant::OneCore).await;
    let on_one_core = [REFRESH, STRICT].map(|measure| Measure { variant: Variant::OneCore, ..measure });
    lines(bench, "service on one core", &on_one_core).await;
}

async fn lines(bench: &mut Bench<'_>, data: &str, measures: &[Measure]) {
    for measure in measures {
        let mut samples = Vec::new();
        for _ in 0..RUNS {
            samples.push(bench.measure(*measure).await);
        }
        let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure));
        let cpu = |process: usize| {
            let sum = |ticks: &Ticks| ticks.user + ticks.system;
            median(samples.iter().map(|sample| sample.cpu.get(process).map_or(0.0, sum)))
        };
        println!(
            "{data:<26}{:<15}{:>9.0}{:>9.2}{:>12.1}{:>8.1}{:>8.1}",
            measure.name,
            of(|sample| sample.load.rate),
            of(|sample| sample.load.p99),
            cpu(0),
            cpu(1),
            cpu(2)
        );
    }
}
