//! Structured logs on standard error: for people on a terminal, JSON lines otherwise.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};
use crate::failure::Failure;

/// What the HTTP server says of its own start only repeats ours, and a broken request is no error of
/// the service; a filter that names these targets still wins.
const QUIETED: &str = "actix_server=warn,actix_http=off";

/// Starts logging for the life of the process.
pub(crate) fn start(settings: &LogSettings) -> Result<(), Failure> {
    let filter = EnvFilter::new(format!("{QUIETED},{}", settings.filter));
    let terminal = stderr().is_terminal();
    let format = settings.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = match format {
        LogFormat::Pretty => builder.with_ansi(terminal).with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
    started.map_err(|error| Failure::Startup(format!("logging could not be started: {error}")))
}
