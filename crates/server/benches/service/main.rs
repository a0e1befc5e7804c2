//! The whole service next to the limits of the machine: `just bench`. The README in this folder explains it.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod cpu;
mod fairness;
mod figures;
mod measures;
mod output;
mod pause;
mod raw;
mod results;
mod rounds;
mod scaling;
mod service;
mod sessions;
mod stores;
mod table;
mod users;
mod wrk;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use results::Results;
use rounds::Bench;

const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> ExitCode {
    let mut words: Vec<String> = env::args().skip(1).collect();
    // `cargo test --all-targets` runs this program without `--bench`.
    if !words.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    words.retain(|word| !word.starts_with('-'));
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder");
    if words == ["scaling"] {
        let mut bench = Bench::start(folder.path(), &scaling::MEASURES).await;
        scaling::measure(&mut bench).await;
        return ExitCode::SUCCESS;
    }
    let measures = rounds::chosen(&words);
    if measures.is_empty() {
        println!("no measure begins with one of: {}", words.join(", "));
        return ExitCode::FAILURE;
    }
    let rounds = env::var("BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut bench = Bench::start(folder.path(), &measures).await;
    let mut results = Results::default();
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        bench.round(&measures, &mut results).await;
    }
    results.memory = bench.memory();
    let mut missed = table::print(&results);
    if let (Some(rate), true) = (results.rate("login"), rounds::has(&measures, "refresh reject")) {
        missed += fairness::measure(&mut bench, rounds, rate).await;
    }
    match missed {
        0 => ExitCode::SUCCESS,
        missed => {
            println!("\n{missed} aims missed");
            ExitCode::FAILURE
        }
    }
}
