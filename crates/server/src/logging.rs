//! Structured logs on standard error: for people on a terminal, JSON lines otherwise.
//!
//! A line goes into a bounded queue, and a thread writes it. No caller waits for standard error: lines are dropped and
//! counted when the queue is full or a write fails (S-93).

mod line_counts;
mod queue;
mod target;

use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::os::fd::AsFd;
use std::panic;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use auth_domain::model::Event;
use tracing::{error, warn};
use tracing_subscriber::EnvFilter;

use crate::command_error::CommandError;
use crate::config::{LogFormat, LogSettings};
use line_counts::LineCounts;
use queue::LogQueue;
use target::LogTarget;

/// What the HTTP server says of its own start only repeats ours, and a broken request is no error of
/// the service; a filter that names these targets still wins.
const QUIETED: &str = "actix_server=warn,actix_http=off";
/// How long the process waits at its end for lines that are still in the queue.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The line counts of the process's log.
static LINES: OnceLock<Arc<LineCounts>> = OnceLock::new();

/// The running log; dropping it writes what is still in the queue, within a timeout.
pub(crate) struct Log(Arc<LineCounts>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.wait_until_written(FLUSH_TIMEOUT);
    }
}

/// Returns how many lines were dropped since the process started.
pub(crate) fn dropped_lines() -> u64 {
    LINES.get().map_or(0, |lines| lines.dropped())
}

/// Starts logging for the life of the process.
pub(crate) fn start(settings: &LogSettings) -> Result<Log, CommandError> {
    let filter = EnvFilter::new(format!("{QUIETED},{}", settings.filter));
    let terminal = stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    // A duplicate of the descriptor: the lock of `Stderr` would block every other writer while this one is stuck.
    let target = File::from(stderr().as_fd().try_clone_to_owned().map_err(cannot_start)?);
    let lines = Arc::new(LineCounts::default());
    let queue = LogQueue::start(LogTarget::new(target, lines.clone(), report_dropped), lines.clone());
    // The subscriber reports its own errors through `eprintln!`, which panics on a broken standard error.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).with_writer(queue);
    let started = match format {
        LogFormat::Pretty => builder.with_ansi(terminal).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
    started.map_err(cannot_start)?;
    log_panics();
    Ok(Log(LINES.get_or_init(|| lines).clone()))
}

/// Logs panics as events. The standard hook writes to standard error directly, and blocks if it is stuck.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        // Only a literal is logged: a formatted text may contain what a client sent.
        let payload = panic.payload().downcast_ref::<&str>().copied();
        error!(event = Event::Panic.name(), location, payload, "the program panicked");
    }));
}

fn report_dropped(count: u64, total: u64) {
    warn!(
        event = Event::LogLinesDropped.name(),
        count, total, "log lines were dropped: standard error was full or broken"
    );
}

fn cannot_start(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(format!("logging could not be started: {error}"))
}
