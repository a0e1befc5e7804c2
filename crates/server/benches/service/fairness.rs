//! Fairness: refreshes and verifications while more logins arrive than the processors can hash.

use crate::figures::{Aim, median};
use crate::measures::{ME, Variant};
use crate::output::Load;
use crate::rounds::Bench;
use crate::table::print_outcome;
use crate::wrk::{Run, Script, Wrk};

/// The logins per second of the flood, as a multiple of the logins that the service can do.
const OVERLOAD: f64 = 10.0;
/// Below the limit of connections from one address.
const ATTACKERS: usize = 800;
/// The connections that refresh, and as many that verify.
const CLIENTS: usize = 16;
const SECONDS: u32 = 5;
/// The most that the p99 of refreshes may be during the flood, as a multiple of the one without it.
const REFRESH_RATIO: f64 = 5.0;
const VERIFY_MS: f64 = 10.0;

/// Refreshes and verifications at the same time.
struct Clients {
    refresh: Load,
    verify: Load,
}

/// Prints the latencies of clients with and without a login flood; returns the number of missed aims.
pub(crate) async fn measure(bench: &mut Bench<'_>, rounds: usize, logins_per_second: f64) -> usize {
    let (mut idle_refresh, mut idle_verify) = (Vec::new(), Vec::new());
    let (mut refresh, mut verify, mut offered) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let idle = clients(bench).await;
        idle_refresh.push(idle.refresh.p99);
        idle_verify.push(idle.verify.p99);
        let flood = start_flood(bench, logins_per_second * OVERLOAD);
        let flooded = clients(bench).await;
        offered.push(Wrk::finish(flood).rate);
        refresh.push(flooded.refresh.p99);
        verify.push(flooded.verify.p99);
    }
    let [idle_refresh, idle_verify, refresh, verify, offered] =
        [idle_refresh, idle_verify, refresh, verify, offered].map(median);
    println!(
        "\nFairness: {CLIENTS} connections refresh and {CLIENTS} verify, first alone, then during a login flood:"
    );
    println!(
        "  answered login requests of the flood: {offered:.0} /s, {:.1} times the capacity",
        offered / logins_per_second
    );
    println!("  p99 of verifications without the flood: {idle_verify:.1} ms");
    print!("{:<44}{verify:>9.1}{:>9}", "p99 of verifications during the flood, ms", "");
    let missed = print_outcome(Aim::AtMost(VERIFY_MS), verify);
    println!("  p99 of refreshes without the flood: {idle_refresh:.1} ms");
    print!("{:<44}{refresh:>9.1}{:>9}", "p99 of refreshes during the flood, ms", "");
    missed + print_outcome(Aim::AtMost(REFRESH_RATIO * idle_refresh), refresh)
}

/// The flood begins one second before the clients and ends after them.
fn start_flood(bench: &Bench<'_>, rate: f64) -> std::process::Child {
    let attackers = f64::from(u32::try_from(ATTACKERS).expect("a small number"));
    let flood = bench.wrk.start(&Run {
        script: Script::Login,
        url: bench.service(Variant::Reject).url(""),
        connections: ATTACKERS,
        seconds: SECONDS + 2,
        bearer: None,
        tokens: None,
        // Most answers come at once: they are 503.
        pace: Some(attackers / rate * 1_000.0),
    });
    crate::pause::pause(std::time::Duration::from_secs(1));
    flood
}

async fn clients(bench: &mut Bench<'_>) -> Clients {
    let tokens = bench.write_tokens(Variant::Reject, Script::Refresh, 10_000).await;
    let service = bench.service(Variant::Reject);
    let run = Run {
        script: Script::Refresh,
        url: service.url(""),
        connections: CLIENTS,
        seconds: SECONDS,
        bearer: None,
        tokens: Some(&tokens),
        pace: None,
    };
    let refresh = bench.wrk.start(&run);
    let bearer = bench.bearer(Variant::Reject);
    let verify =
        bench.wrk.start(&Run { script: Script::Get, url: service.url(ME), bearer, tokens: None, ..run });
    let clients = Clients { refresh: Wrk::finish(refresh), verify: Wrk::finish(verify) };
    for load in [clients.refresh, clients.verify] {
        assert!(load.rejected + load.failed < 1.0, "requests failed during a login flood: {load:?}");
    }
    clients
}
