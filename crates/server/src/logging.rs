//! Structured logs on standard error: readable lines on a terminal, JSON lines otherwise.
//!
//! A bounded queue takes the lines, and one thread writes them. No caller waits for standard error: a line is dropped and
//! counted if the queue is full or a write fails (S-93).

mod json;
mod line_counts;
mod queue;
mod sampling;
mod span_fields;
mod suppressed;
mod target;

use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::os::fd::AsFd;
use std::panic;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use auth_domain::model::Event;
use auth_domain::ports::Clock;
use tracing::{Subscriber, error, warn};
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use crate::command_error::CommandError;
use crate::config::{LogFormat, LogSettings};
use crate::rejection_sampler::RejectionSampler;
use crate::system::SystemClock;
use crate::traces::Traces;
use json::JsonLayer;
use line_counts::LineCounts;
use queue::LogQueue;
use sampling::SamplingLayer;
use span_fields::SpanFieldsLayer;
use target::LogTarget;

/// Directives for targets that are too verbose: actix-server repeats our start-up events, and actix-http logs invalid requests as
/// errors. A directive for these targets in the settings overrides them.
const QUIETED: &str = "actix_server=warn,actix_http=off";
/// The timeout for writing the queued lines at the end of the process.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The line counts of the log of this process.
static LINES: OnceLock<Arc<LineCounts>> = OnceLock::new();
/// The sampler of the process's log.
static SAMPLER: LazyLock<Arc<RejectionSampler>> = LazyLock::new(Arc::default);

/// The running log. Dropping it waits within a timeout until the queued lines are written.
pub(crate) struct Log(Arc<LineCounts>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.wait_until_written(FLUSH_TIMEOUT);
    }
}

/// Returns how many lines were dropped since the start of the process.
pub(crate) fn dropped_lines() -> u64 {
    LINES.get().map_or(0, |lines| lines.dropped())
}

/// Logs how many rejections were not logged, for each period that has ended.
pub(crate) fn report_suppressed() {
    SAMPLER.take_ended(SystemClock.instant()).iter().for_each(suppressed::log);
}

/// Logs all numbers of rejections that were not logged, at the end of the process.
pub(crate) fn report_all_suppressed() {
    SAMPLER.take_all().iter().for_each(suppressed::log);
}

/// Starts logging, and recording spans for `traces`.
///
/// # Errors
/// [`CommandError`] if standard error cannot be duplicated or logging was started before.
pub(crate) fn start(settings: &LogSettings, traces: Option<&Traces>) -> Result<Log, CommandError> {
    let filter = format!("{QUIETED},{}", settings.filter);
    // An `EnvFilter` takes a lock, which all threads share, each time a span is entered. Only directives about spans need it.
    match filter.parse::<Targets>() {
        Ok(targets) => start_with(targets, settings, traces),
        Err(_) => start_with(EnvFilter::new(filter), settings, traces),
    }
}

fn start_with(
    filter: impl Layer<Registry> + Filter<Registry> + Send + Sync,
    settings: &LogSettings,
    traces: Option<&Traces>,
) -> Result<Log, CommandError> {
    // A duplicate of the descriptor: while this writer is stuck, the lock of `Stderr` would block all others.
    let target = File::from(stderr().as_fd().try_clone_to_owned().map_err(cannot_start)?);
    let lines = Arc::new(LineCounts::default());
    let queue = LogQueue::start(LogTarget::new(target, lines.clone(), report_dropped), lines.clone());
    let spans = tracing_subscriber::registry();
    let started = match traces {
        None => spans.with(filter).with(formatter(settings, queue)).try_init(),
        // The filter of the log hides no span from the traces, and spans that only the traces have are not in the log.
        Some(traces) => {
            spans.with(formatter(settings, queue).with_filter(filter)).with(traces.layer()).try_init()
        }
    };
    started.map_err(cannot_start)?;
    log_panics();
    Ok(Log(LINES.get_or_init(|| lines).clone()))
}

/// Returns the layers that make lines of events and write them to `queue`.
fn formatter<S>(settings: &LogSettings, queue: LogQueue) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let terminal = stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    let lines = match format {
        LogFormat::Pretty => {
            // The layer reports its own errors with `eprintln!`, which panics if standard error is broken.
            let pretty = layer().log_internal_errors(false).with_writer(queue);
            pretty.with_ansi(terminal).with_target(false).boxed()
        }
        LogFormat::Json => JsonLayer::new(queue).boxed(),
    };
    let sampling = SamplingLayer::new(SAMPLER.clone(), Arc::new(SystemClock));
    SpanFieldsLayer.and_then(lines).and_then(sampling)
}

/// Logs panics as events. The default hook writes to standard error directly and blocks if it is stuck.
fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        // Only a literal is logged: a formatted text may contain input of a client.
        let payload = panic.payload().downcast_ref::<&str>().copied();
        error!(event = Event::Panic.name(), location, payload, "the program panicked");
    }));
}

/// Returns a subscriber that formats the lines of level `info` and drops them.
#[cfg(test)]
pub(crate) fn formatting_only() -> impl Subscriber {
    let spans = tracing_subscriber::registry().with(Targets::new().with_default(tracing::Level::INFO));
    let spans = spans.with(SpanFieldsLayer);
    let sampling = SamplingLayer::new(Arc::default(), Arc::new(SystemClock));
    spans.with(JsonLayer::new(std::io::sink)).with(sampling)
}

fn report_dropped(count: u64, total: u64) {
    warn!(
        event = Event::LogLinesDropped.name(),
        count, total, "log lines were dropped because standard error was full or broken"
    );
}

fn cannot_start(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(format!("logging cannot start: {error}; check that standard error is open"))
}
