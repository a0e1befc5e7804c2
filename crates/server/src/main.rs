#![doc = include_str!("../README.md")]

mod app;
mod audit;
mod background_retries;
mod bootstrap_owner;
mod build_info;
mod cli;
mod client_address;
mod command_error;
mod commands;
mod compose;
mod config;
mod connection;
mod data_dir;
mod dependency;
mod diagnostics;
mod error_chain;
mod hash_costs;
mod http;
mod logging;
mod login_limiter;
mod memory_limit;
mod metrics;
mod or_dash;
mod password_hashing;
mod password_strength;
mod printable;
mod proxy_ranges;
mod readiness;
mod rejection_sampler;
mod reload;
mod serve;
mod signals;
mod styles;
mod system;
mod timestamp;
mod traces;
mod undoing_session_store;
mod unlisted_proxies;
mod whole_seconds;
mod worker_threads;
mod writable;

use std::process::ExitCode;

use clap::Parser;

// Tests have an allocator that counts.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}
