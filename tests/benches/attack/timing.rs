//! The time of a rejected login, for accounts of every kind: interleaved samples and their medians.

mod accounts;
mod samples;

use std::time::Duration;

use auth_e2e::clock::Stopwatch;

use crate::report::Report;
use crate::target::{Route, Target};
use accounts::{Accounts, KINDS, Kind};
use samples::{Attempts, SIMULTANEOUS, Samples};

/// Rounds before the first evaluation.
const ROUNDS: usize = 9;
/// The fewest rounds, on a machine that is slow.
const MIN_ROUNDS: usize = 3;
/// Other programs spoil samples, so a difference counts only if further rounds do not remove it.
const TIME: Duration = Duration::from_secs(40);
/// A hash of the legacy service costs about ten times a current one.
const LEGACY_TIME: Duration = Duration::from_secs(90);
/// A difference below this share of the time of one hash does not count.
const TOLERANCE: f64 = 0.05;

// S-09
pub(crate) async fn attack(report: &mut Report) {
    for (name, legacy, time) in [("other parameters", "off", TIME), ("legacy on", "on", LEGACY_TIME)] {
        let settings = [
            ("PASSWORD__LEGACY", legacy),
            ("PASSWORD__UPGRADE", "off"),
            ("LOGIN_LIMIT__MAX_FAILURES", "1000000"),
        ];
        let kinds: Vec<Kind> =
            KINDS.into_iter().filter(|kind| legacy == "on" || *kind != Kind::Legacy).collect();
        let accounts = Accounts::create(&settings, &kinds).await;
        let target = Target::start_on(Route::Direct, accounts.installation).await;
        let samples = sample(&target, &kinds, time).await;
        print(report, name, &samples);
    }
}

/// Samples all kinds of accounts in turns until no difference is left or the time is over.
async fn sample(target: &Target, kinds: &[Kind], time: Duration) -> Samples {
    let (watch, mut samples) = (Stopwatch::start(), Samples::new(kinds));
    let mut attempts = Attempts::on(target);
    let mut round = 0;
    while round < MIN_ROUNDS
        || watch.elapsed() < time && (round < ROUNDS || !samples.differences(TOLERANCE).is_empty())
    {
        for (group, simultaneous) in SIMULTANEOUS.into_iter().enumerate() {
            for turn in 0..kinds.len() {
                // Each kind comes first equally often; every other round runs backwards.
                let turn = if round % 2 == 0 { turn } else { kinds.len() - turn };
                let index = (turn + round) % kinds.len();
                let slowest = attempts.slowest(kinds[index], simultaneous).await;
                samples.add(group, index, slowest);
            }
        }
        round += 1;
    }
    samples
}

fn print(report: &mut Report, name: &str, samples: &Samples) {
    println!("\nrejected logins, {name}: median of the slowest of n, in ms, {} rounds", samples.rounds());
    print!("{:16}", "n");
    for kind in samples.kinds() {
        print!("{:>16}", kind.name());
    }
    println!("{:>10}", "spread");
    for (group, simultaneous) in SIMULTANEOUS.into_iter().enumerate() {
        print!("{:16}", simultaneous.to_string());
        for median in samples.medians(group) {
            print!("{:>16.1}", median * 1e3);
        }
        println!("{:>9.1}%", 100.0 * samples.spread(group));
    }
    println!("groups with a 503, by kind: {:?}", samples.busy());
    println!("spread: the greatest difference, as a share of the time of one hash");
    if samples.busy().iter().any(|busy| *busy > samples.rounds()) {
        report.violation(format!("rejected logins, {name}: the machine is too busy to compare them"));
    }
    for (group, spread) in samples.differences(TOLERANCE) {
        let n = SIMULTANEOUS[group];
        let difference =
            format!("rejected logins, {name}, {n}: medians differ by {:.0} % of a hash", 100.0 * spread);
        if samples.is_significant(group) {
            report.violation(difference);
        } else {
            println!("  UNDECIDED: {difference}, which is within the noise of this machine");
        }
    }
}
