//! The tables of results.

use crate::figures::{Aim, Outcome, harmonic};
use crate::measures::MEASURES;
use crate::results::{Limit, Results, Sample};

/// A figure and its limit.
struct Row {
    name: &'static str,
    rate: f64,
    limit_name: &'static str,
    limit: f64,
    aim: Aim,
}

/// Prints all tables; returns the number of missed aims.
pub(crate) fn print(results: &Results) -> usize {
    println!("\n{:<18}{:>9}  {:<42}{:>9}{:>8}{:>9}", "path", "per s", "limit", "per s", "ratio", "aim");
    let mut missed = 0;
    for row in rows(results) {
        let ratio = row.rate / row.limit;
        let (rate, limit) = (row.rate, row.limit);
        print!("{:<18}{rate:>9.0}  {:<42}{limit:>9.0}{ratio:>8.2}", row.name, row.limit_name);
        missed += print_outcome(row.aim, ratio);
    }
    println!("\n{:<44}{:>9}{:>18}", "figure", "", "aim");
    for (name, figure, aim) in bounds(results) {
        print!("{name:<44}{figure:>9.1}{:>9}", "");
        missed += print_outcome(aim, figure);
    }
    print_costs(results);
    missed
}

fn rows(results: &Results) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name, limit_name, limit: Option<f64>, aim| {
        if let (Some(rate), Some(limit)) = (results.rate(name), limit) {
            rows.push(Row { name, rate, limit_name, limit, aim: Aim::AtLeast(aim) });
        }
    };
    let (reference, detected) = (results.limit(Limit::ReferenceHashes), results.limit(Limit::DetectedHashes));
    let fastest = reference
        .into_iter()
        .chain(detected)
        .fold(None, |best: Option<f64>, rate| Some(best.map_or(rate, |best| best.max(rate))));
    add("login", "the faster Argon2id on all cores", fastest, 0.85);
    let (scripts, lookups) = (results.limit(Limit::Scripts), results.limit(Limit::Lookups));
    let health = results.rate("health");
    let together = [health, scripts, lookups].into_iter().collect::<Option<Vec<_>>>();
    let together = together.map(|rates| harmonic(&rates));
    for name in ["refresh reject", "refresh share"] {
        add(name, "EVAL of GETDEL + SET + HSET", scripts, 0.35);
        add(name, "H of /health, EVAL and lookup", together, 1.0);
    }
    add("verify strict", "verify cached", results.rate("verify cached"), 0.90);
    add("verify cached", "GET /health", health, 0.75);
    add("logout", "EVAL of GETDEL + SET + HSET", scripts, 0.30);
    rows
}

/// The figures with an upper bound.
fn bounds(results: &Results) -> Vec<(&'static str, f64, Aim)> {
    let mut bounds = Vec::new();
    if let Some((idle, peak)) = results.memory {
        bounds.push(("memory before the first request, MiB", idle, Aim::AtMost(24.0)));
        bounds.push(("highest memory, MiB", peak, Aim::AtMost(70.0)));
    }
    if let Some(p99) = results.median("embedded refresh", |sample| sample.load.p99) {
        bounds.push(("p99 of refresh on the embedded store, ms", p99, Aim::AtMost(10.0)));
    }
    bounds
}

/// Prints an aim and whether `figure` meets it, at the end of a line; returns 1 if it is missed.
pub(crate) fn print_outcome(aim: Aim, figure: f64) -> usize {
    let text = match aim {
        Aim::AtLeast(aim) => format!("≥ {aim:.2}"),
        Aim::AtMost(aim) => format!("≤ {aim:.0}"),
    };
    let outcome = aim.outcome(figure);
    println!("{text:>9}  {}", outcome.name());
    usize::from(outcome == Outcome::Missed)
}

fn print_costs(results: &Results) {
    println!(
        "\n{:<18}{:>9}{:>10}{:>10}   processor time per request in µs, user + system",
        "request", "per s", "p50 ms", "p99 ms"
    );
    println!("{:<47}   {:>15}{:>17}{:>17}", "", "service", "Redis", "Postgres");
    for measure in MEASURES {
        let name = measure.name;
        let figure = |figure: fn(&Sample) -> f64| results.median(name, figure);
        let (Some(rate), Some(p50), Some(p99)) =
            (results.rate(name), figure(|sample| sample.load.p50), figure(|sample| sample.load.p99))
        else {
            continue;
        };
        print!("{name:<18}{rate:>9.0}{p50:>10.2}{p99:>10.2}   ");
        for process in 0..3 {
            let of = |part: fn(&crate::output::Ticks) -> f64| {
                results.median(name, |sample| sample.cpu.get(process).map_or(0.0, part)).unwrap_or_default()
            };
            let width = if process == 0 { 15 } else { 17 };
            let text = format!("{:.1} + {:.1}", of(|ticks| ticks.user), of(|ticks| ticks.system));
            print!("{text:>width$}");
        }
        println!();
    }
    println!("\nLimits of this run:");
    for (name, limit) in [
        ("Argon2id of argon2", Limit::ReferenceHashes),
        ("Argon2id of argon2-rust", Limit::DetectedHashes),
        ("EVAL of GETDEL + SET + HSET, redis-benchmark, 64 connections", Limit::Scripts),
        ("prepared SELECT by id, pgbench, 8 clients", Limit::Lookups),
    ] {
        if let Some(rate) = results.limit(limit) {
            println!("{rate:>9.0} /s  {name}");
        }
    }
}
