//! The running exporter of this process.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use auth_domain::ports::{Check, Clock};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::provider::provider;
use super::settings::TraceSettings;
use super::span_counts::SpanCounts;
use crate::command_error::CommandError;
use crate::system::SystemClock;
use crate::traces::variables::Variables;

/// The timeout for exporting the queued spans at the end of the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// The state of traces that requests read; set if traces are on.
static STATE: OnceLock<State> = OnceLock::new();

struct State {
    counts: Arc<SpanCounts>,
    reads_parent: bool,
}

/// The running exporter. Dropping it exports the queued spans within a timeout.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    warnings: Vec<Check>,
}

impl Traces {
    /// Starts the exporter if the environment names a collector.
    ///
    /// # Errors
    /// [`CommandError::Settings`] if a variable cannot be used.
    pub(crate) fn start(
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Option<Self>, CommandError> {
        let Some(settings) = settings(environment)? else { return Ok(None) };
        let counts = Arc::<SpanCounts>::default();
        let provider = provider(&settings, &counts).map_err(CommandError::Failed)?;
        STATE.get_or_init(|| State { counts, reads_parent: settings.reads_parent });
        Ok(Some(Self { provider, warnings: settings.warnings }))
    }

    /// Returns the warnings about the variables, and starts nothing.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn check(
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Vec<Check>, CommandError> {
        settings(environment).map(|settings| settings.map_or_else(Vec::new, |settings| settings.warnings))
    }

    /// Returns the warnings about the variables.
    pub(crate) fn warnings(&self) -> &[Check] {
        &self.warnings
    }

    /// Returns the layer that records the spans of this program. It has no events: they go to the log.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(env!("CARGO_BIN_NAME")))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // The target becomes the technology of a port; see `conventions`.
            .with_target(true)
            // Spans find their parents in the subscriber, so entering a span costs nothing.
            .with_context_activation(false)
            .with_filter(filter_fn(is_recorded))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // An error means that spans are left, which are lost.
        let _ = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
        if let Some(State { counts, .. }) = STATE.get() {
            counts.lose_pending();
            counts.report_all();
        }
    }
}

/// Returns the settings; `None` if the environment names no collector, or switches traces off.
fn settings(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Option<TraceSettings>, CommandError> {
    let (variables, mut problems) = Variables::read(environment);
    if variables.endpoint().is_none() || variables.are_off(&mut problems) {
        return Ok(None);
    }
    TraceSettings::read(&variables, problems).map(Some).map_err(CommandError::Settings)
}

/// Returns how many sampled spans were not exported.
pub(crate) fn lost_spans() -> u64 {
    STATE.get().map_or(0, |state| state.counts.lost())
}

/// Logs how many spans were lost, at most once in a minute.
pub(crate) fn report_lost() {
    if let Some(state) = STATE.get() {
        state.counts.report(SystemClock.instant());
    }
}

/// Returns whether traces are on and, if so, whether the trace context of clients is read.
pub(super) fn reads_parent() -> Option<bool> {
    STATE.get().map(|state| state.reads_parent)
}

/// Returns whether a span is one of this program, whatever its level: the filter of the log does not matter here.
fn is_recorded(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    metadata.is_span() && (target.starts_with("hooksentry_auth") || target.starts_with("auth_"))
}
