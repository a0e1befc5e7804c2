//! The Prometheus metrics. Every label has a bounded number of values.

mod connections;
mod denylist_cache;
mod labels;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::LoginLimit;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use connections::{ConnectionMetrics, LimitReason, TimeoutReason};
use denylist_cache::DenylistCacheMetrics;
pub(crate) use labels::Outcome;
use labels::{DependencyLabels, DurationLabels, LimitLabels, OutcomeLabels, RequestLabels, known_method};

use crate::dependency::DenylistCache;
use crate::logging;
use crate::readiness::Readiness;

#[cfg(test)]
mod tests;

/// The prefix of every name.
const PREFIX: &str = "hooksentry_auth";
/// The upper bounds of the histogram in seconds, up to the timeout of a request.
const DURATIONS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

type Durations = Family<DurationLabels, Histogram, fn() -> Histogram>;
type Outcomes = Family<OutcomeLabels, Counter>;

/// The metrics of this process since its start.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
    dependencies: Family<DependencyLabels, Gauge>,
    logins: Outcomes,
    refreshes: Outcomes,
    logouts: Outcomes,
    pub(crate) connections: ConnectionMetrics,
    login_blocks: Family<LimitLabels, Counter>,
    denylist_cache: Option<DenylistCacheMetrics>,
    dropped_log_lines: Counter,
}

impl Metrics {
    /// Creates the metrics, with those of the denylist cache if it is used.
    pub(crate) fn new(denylist_cache: Option<Arc<dyn DenylistCache>>) -> Self {
        use Outcome::{
            Blocked, Defect, Failed, RateLimited, Retried, ReuseDetected, ReusedInGracePeriod, Rotated,
            Shared, Succeeded, Unavailable,
        };
        Self {
            denylist_cache: denylist_cache.map(DenylistCacheMetrics::new),
            dropped_log_lines: Counter::default(),
            registry: Registry::with_prefix(PREFIX),
            requests: Family::default(),
            durations: Durations::new_with_constructor(|| Histogram::new(DURATIONS)),
            dependencies: Family::default(),
            logins: outcomes(&[Succeeded, Failed, Blocked, Unavailable, Defect]),
            refreshes: outcomes(&[
                Rotated,
                Retried,
                Shared,
                Failed,
                RateLimited,
                ReuseDetected,
                ReusedInGracePeriod,
                Unavailable,
                Defect,
            ]),
            login_blocks: login_blocks(),
            logouts: outcomes(&[Succeeded, Failed, Unavailable, Defect]),
            connections: ConnectionMetrics::default(),
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
        registry.register("logins", "Logins by outcome", self.logins.clone());
        registry.register("refreshes", "Refreshes by outcome", self.refreshes.clone());
        registry.register("logouts", "Logouts by outcome", self.logouts.clone());
        self.connections.register(registry);
        registry.register("login_blocks", "Logins that the login limit rejected", self.login_blocks.clone());
        let help = "Log lines that were dropped";
        registry.register("log_lines_dropped", help, self.dropped_log_lines.clone());
        if let Some(cache) = &self.denylist_cache {
            cache.register(registry);
        }
        self
    }

    /// Counts a request; `path` is the pattern of the route.
    pub(crate) fn request(&self, method: &str, path: &'static str, status: u16, elapsed: Duration) {
        let labels = DurationLabels { path };
        self.durations.get_or_create(&labels).observe(elapsed.as_secs_f64());
        let labels = RequestLabels { method: known_method(method), path, status: status.into() };
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts a login.
    pub(crate) fn login(&self, outcome: Outcome) {
        self.logins.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Counts a login that the login limit rejected, by its limit key.
    pub(crate) fn login_block(&self, limit: LoginLimit) {
        self.login_blocks.get_or_create(&limit_labels(limit)).inc();
    }

    /// Counts a refresh.
    pub(crate) fn refresh(&self, outcome: Outcome) {
        self.refreshes.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Counts a logout.
    pub(crate) fn logout(&self, outcome: Outcome) {
        self.logouts.get_or_create(&OutcomeLabels { outcome }).inc();
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
        let dropped = &self.dropped_log_lines;
        dropped.inc_by(logging::dropped_lines().saturating_sub(dropped.get()));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn login_blocks() -> Family<LimitLabels, Counter> {
    let blocks = Family::default();
    for limit in LoginLimit::ALL {
        drop(Family::get_or_create(&blocks, &limit_labels(limit)));
    }
    blocks
}

fn limit_labels(limit: LoginLimit) -> LimitLabels {
    LimitLabels { limit: limit.to_string() }
}

/// Returns a counter with all possible outcomes at zero, so that the first one is an increase.
fn outcomes(possible: &[Outcome]) -> Outcomes {
    let outcomes = Outcomes::default();
    for outcome in possible {
        drop(outcomes.get_or_create(&OutcomeLabels { outcome: *outcome }));
    }
    outcomes
}
