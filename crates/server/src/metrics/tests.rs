use std::sync::Arc;

use tokio::runtime::{Builder, Handle};

use super::*;
use crate::dependency::fake::unreachable;
use crate::system::SystemClock;

fn text(metrics: &Metrics) -> String {
    let runtime = Builder::new_current_thread().build().unwrap();
    metrics.text(&Readiness::new(Vec::new(), runtime.handle().clone())).unwrap()
}

#[test]
fn every_outcome_is_exported_from_the_start() {
    let text = text(&Metrics::new(None));
    for line in [
        "hooksentry_auth_logins_total{outcome=\"blocked\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reuse_detected\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reused_in_grace_period\"} 0",
        "hooksentry_auth_login_blocks_total{limit=\"address\"} 0",
        "hooksentry_auth_logouts_total{outcome=\"succeeded\"} 0",
        "hooksentry_auth_connections 0",
        "hooksentry_auth_connections_evicted_total{limit=\"memory\"} 0",
        "hooksentry_auth_connections_rejected_total{limit=\"address\"} 0",
        "hooksentry_auth_connections_timed_out_total{of=\"head\"} 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn requests_are_counted_and_timed_in_seconds() {
    let metrics = Metrics::new(None);
    for status in [200, 503] {
        metrics.request("POST", "/api/v1/auth/login", status, Duration::from_millis(20));
    }
    let text = text(&metrics);
    for line in [
        "hooksentry_auth_http_requests_total{method=\"POST\",path=\"/api/v1/auth/login\",status=\"503\"} 1",
        "hooksentry_auth_http_request_duration_seconds_count{path=\"/api/v1/auth/login\"} 2",
        "hooksentry_auth_http_request_duration_seconds_bucket{le=\"0.025\",path=\"/api/v1/auth/login\"} 2",
        "hooksentry_auth_http_request_duration_seconds_bucket{le=\"0.01\",path=\"/api/v1/auth/login\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn unknown_methods_share_one_label() {
    let metrics = Metrics::new(None);
    for number in 0..100 {
        metrics.request(&format!("GET{number}"), "-", 404, Duration::ZERO);
    }
    assert!(text(&metrics).contains("{method=\"other\",path=\"-\",status=\"404\"} 100"));
}

#[tokio::test]
async fn a_dependency_is_up_until_a_check_fails() {
    let (metrics, readiness) =
        (Metrics::new(None), Readiness::new(vec![Arc::new(unreachable())], Handle::current()));
    assert!(metrics.text(&readiness).unwrap().contains("hooksentry_auth_dependency_up{name=\"store\"} 1"));
    readiness.watch(&SystemClock).await;
    assert!(metrics.text(&readiness).unwrap().contains("hooksentry_auth_dependency_up{name=\"store\"} 0"));
}

/// A denylist cache with fixed figures.
struct FakeDenylistCache;

impl DenylistCache for FakeDenylistCache {
    fn is_trusted(&self) -> bool {
        true
    }

    fn entries(&self) -> usize {
        7
    }

    fn misses(&self) -> u64 {
        3
    }

    fn observe_lag(&self, observer: Box<dyn Fn(Duration) + Send + Sync>) {
        observer(Duration::from_millis(4));
    }

    fn usual_lag(&self) -> Duration {
        Duration::from_millis(50)
    }

    fn max_lag(&self) -> Duration {
        Duration::from_secs(2)
    }
}

#[test]
fn a_denylist_cache_exports_its_state_its_lag_and_its_bounds() {
    let metrics = Metrics::new(Some(Arc::new(FakeDenylistCache)));
    text(&metrics);
    let text = text(&metrics);
    for line in [
        "hooksentry_auth_denylist_cache_current 1",
        "hooksentry_auth_denylist_cache_entries 7",
        "hooksentry_auth_denylist_cache_misses_total 3",
        "hooksentry_auth_denylist_cache_lag_seconds_bucket{le=\"0.005\"} 1",
        "hooksentry_auth_denylist_cache_lag_seconds_bucket{le=\"0.0025\"} 0",
        "hooksentry_auth_denylist_cache_lag_bound_seconds{quantile=\"0.99\"} 0.05",
        "hooksentry_auth_denylist_cache_lag_bound_seconds{quantile=\"1\"} 2.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
