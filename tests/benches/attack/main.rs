//! Floods and slow clients against a release build, while honest clients use it: `just attack`.
//!
//! `just attack sockets timing` runs these attacks alone. It fails if an honest client that obeys `Retry-After` is not
//! logged in within 30 s, if a request of an honest client fails, if the service takes more memory than its bound, if
//! failures of one address are evaluated beyond the limit, or if the time of a rejected login depends on the account.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod besiege;
mod client;
mod counting;
mod flood;
mod headers;
mod honest;
mod logins;
mod report;
mod sockets;
mod target;
mod timing;
mod upgrades;

use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use report::Report;

/// The limit on open files of this process and of the service, if the system's own limit is higher.
pub(crate) const FILES: u64 = 20_000;
const ATTACKS: [&str; 6] = ["headers", "counting", "upgrades", "sockets", "logins", "timing"];

#[tokio::main]
async fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Some(unknown) = chosen.iter().find(|word| !ATTACKS.contains(&word.as_str())) {
        println!("unknown attack {unknown}; there are: {}", ATTACKS.join(", "));
        return ExitCode::FAILURE;
    }
    let mut report = Report::default();
    let files = limit_files();
    report.hash_rate = logins::hash_rate().await;
    report.header();
    for attack in ATTACKS {
        if !chosen.is_empty() && !chosen.iter().any(|word| word == attack) {
            continue;
        }
        match attack {
            "headers" => headers::attack(&mut report).await,
            "counting" => counting::attack(&mut report).await,
            "upgrades" => upgrades::attack(&mut report).await,
            "sockets" => sockets::attack(&mut report, files).await,
            "logins" => logins::attack(&mut report).await,
            "timing" => timing::attack(&mut report).await,
            _ => panic!("an attack without a module: {attack}"),
        }
    }
    report.finish()
}

/// Gives this process and all that it starts the same limit on open files, and returns it.
fn limit_files() -> u64 {
    let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(FILES).min(FILES);
    let limit = Rlimit { current: Some(hard), maximum: Some(hard) };
    setrlimit(Resource::Nofile, limit).expect("a process may lower its own limit");
    hard
}
