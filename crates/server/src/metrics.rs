//! The Prometheus metrics. Every label has a bounded number of values.

mod build;
mod connections;
mod denylist_cache;
mod histogram;
mod labels;
mod outcomes;
mod passwords;
mod process;
mod reading;
mod redis;
mod round_trips;
mod text;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::LoginLimit;
use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use time::OffsetDateTime;

pub(crate) use connections::{ConnectionMetrics, LimitReason, TimeoutReason};
use denylist_cache::DenylistCacheMetrics;
use histogram::Histogram;
use labels::{
    DependencyLabels, DurationLabels, LimitLabels, OutcomeLabels, RequestLabels, known_method, status_class,
};
pub(crate) use outcomes::Counted;
use process::ProcessMetrics;
use reading::{CounterReading, GaugeReading};
pub(crate) use text::to_plain_text;

use crate::dependency::{DenylistCache, Dependencies};
use crate::login_limiter::QueueLoad;
use crate::password_hashing::PasswordHashing;
use crate::readiness::Readiness;
use crate::{audit, logging, traces};

#[cfg(test)]
mod tests;

/// The prefix of every name, except those of the process.
const PREFIX: &str = "hooksentry_auth";
/// Upper bounds in seconds, up to the timeout of a request.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

type Outcomes = Family<OutcomeLabels, Counter>;

/// The metrics of this process since its start.
pub(crate) struct Metrics {
    registry: Registry,
    of_process: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram>,
    dependencies: Family<DependencyLabels, Gauge>,
    logins: Outcomes,
    refreshes: Outcomes,
    logouts: Outcomes,
    pub(crate) connections: ConnectionMetrics,
    login_blocks: Family<LimitLabels, Counter>,
    denylist_cache: Option<DenylistCacheMetrics>,
    /// The logins that wait before the password queue.
    pub(crate) password_queue: Arc<QueueLoad>,
}

impl Metrics {
    /// Creates the metrics, with those of the denylist cache if it is used.
    pub(crate) fn new(denylist_cache: Option<Arc<dyn DenylistCache>>) -> Self {
        Self {
            denylist_cache: denylist_cache.map(DenylistCacheMetrics::new),
            registry: Registry::with_prefix(PREFIX),
            of_process: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::of_times(&DURATIONS)),
            dependencies: Family::default(),
            logins: at_zero(Counted::of_logins()),
            refreshes: at_zero(Counted::of_refreshes()),
            logouts: at_zero(Counted::of_logouts()),
            login_blocks: login_blocks(),
            connections: ConnectionMetrics::default(),
            password_queue: Arc::default(),
        }
        .registered()
    }

    fn registered(mut self) -> Self {
        let (registry, durations) = (&mut self.registry, self.durations.clone());
        registry.register("http_requests", "Requests with a response", self.requests.clone());
        let help = "Time from the head of a request to its response";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, durations);
        let help = "Whether a dependency was up at the last check";
        registry.register("dependency_up", help, self.dependencies.clone());
        registry.register("logins", "Logins by outcome and reason", self.logins.clone());
        registry.register("refreshes", "Refreshes by outcome and reason", self.refreshes.clone());
        registry.register("logouts", "Logouts by outcome and reason", self.logouts.clone());
        self.connections.register(registry);
        registry.register("login_blocks", "Logins that the login limit rejected", self.login_blocks.clone());
        registry.register("build_info", "The build of the program; always 1", build::info());
        if let Some(cache) = &self.denylist_cache {
            cache.register(registry);
        }
        let lost = "Sampled spans that were not exported";
        self.with_counter("log_lines_dropped", "Log lines that were dropped", logging::dropped_lines)
            .with_counter("trace_spans_lost", lost, traces::lost_spans)
            .with_counter(
                "audit_events",
                "Security events that are in the audit stream",
                audit::written_events,
            )
            .with_counter("audit_events_lost", "Security events that are missing there", audit::lost_events)
            .with_gauge(
                "audit_events_waiting",
                "Security events that wait to be written",
                audit::waiting_events,
            )
            .with_gauge("audit_target_failing", "Whether the last write or opening failed", audit::is_failing)
    }

    /// Adds a counter that `read` returns at each scrape.
    pub(crate) fn with_counter(
        mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.registry.register(name, help, CounterReading(read));
        self
    }

    /// Adds a gauge that `read` returns at each scrape.
    fn with_gauge(
        mut self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.registry.register(name, help, GaugeReading(read));
        self
    }

    /// Adds the metrics of the process, which started at this time.
    pub(crate) fn with_process(mut self, started: OffsetDateTime) -> Self {
        self.of_process.register_collector(Box::new(ProcessMetrics::new(started)));
        self
    }

    /// Adds the metrics of password hashes.
    pub(crate) fn with_passwords(mut self, hashing: &Arc<dyn PasswordHashing>) -> Self {
        passwords::register(&mut self.registry, hashing, &self.password_queue);
        self
    }

    /// Adds the metrics of the round trips to the stores, and of the servers of Redis.
    pub(crate) fn with_stores(mut self, dependencies: &Dependencies) -> Self {
        round_trips::register(&mut self.registry, dependencies);
        redis::register(&mut self.registry, dependencies);
        self
    }

    /// Counts a request; `path` is the pattern of the route.
    pub(crate) fn request(&self, method: &str, path: &'static str, status: u16, elapsed: Duration) {
        let labels = DurationLabels { path, status_class: status_class(status) };
        self.durations.get_or_create(&labels).observe_time(elapsed);
        let labels = RequestLabels { method: known_method(method), path, status: status.into() };
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts a login.
    pub(crate) fn login(&self, counted: Counted) {
        count(&self.logins, counted);
    }

    /// Counts a login that the login limit rejected, by its limit key.
    pub(crate) fn login_block(&self, limit: LoginLimit) {
        self.login_blocks.get_or_create(&limit_labels(limit)).inc();
    }

    /// Counts a refresh.
    pub(crate) fn refresh(&self, counted: Counted) {
        count(&self.refreshes, counted);
    }

    /// Counts a logout.
    pub(crate) fn logout(&self, counted: Counted) {
        count(&self.logouts, counted);
    }

    /// Returns the metrics in the `OpenMetrics` text format.
    ///
    /// # Errors
    /// The error of the encoder.
    pub(crate) fn text(&self, readiness: &Readiness) -> Result<String, fmt::Error> {
        for (name, up) in readiness.last_seen() {
            self.dependencies.get_or_create(&DependencyLabels { name }).set(up.into());
        }
        if let Some(cache) = &self.denylist_cache {
            cache.refresh();
        }
        let mut text = String::new();
        encode_registry(&mut text, &self.of_process)?;
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn count(outcomes: &Outcomes, Counted { outcome, reason }: Counted) {
    outcomes.get_or_create(&OutcomeLabels { outcome, reason }).inc();
}

fn login_blocks() -> Family<LimitLabels, Counter> {
    let blocks = Family::default();
    for limit in LoginLimit::ALL {
        drop(Family::get_or_create(&blocks, &limit_labels(limit)));
    }
    blocks
}

const fn limit_labels(limit: LoginLimit) -> LimitLabels {
    LimitLabels { limit: limit.name() }
}

/// Returns a counter with all possible results at zero, so that the first one is an increase.
fn at_zero(possible: impl Iterator<Item = Counted>) -> Outcomes {
    let outcomes = Outcomes::default();
    for Counted { outcome, reason } in possible {
        drop(outcomes.get_or_create(&OutcomeLabels { outcome, reason }));
    }
    outcomes
}
