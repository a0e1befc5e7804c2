use std::sync::Arc;

use super::*;
use crate::backend::fake::away;
use crate::system::SystemClock;

fn text(metrics: &Metrics) -> String {
    metrics.text(&Readiness::default()).unwrap()
}

#[test]
fn every_outcome_is_there_from_the_start() {
    let text = text(&Metrics::new());
    for line in [
        "hooksentry_auth_logins_total{outcome=\"blocked\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reuse_detected\"} 0",
        "hooksentry_auth_logouts_total{outcome=\"succeeded\"} 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn requests_are_counted_and_timed_in_seconds() {
    let metrics = Metrics::new();
    for status in [200, 503] {
        metrics.request("POST", "/api/v1/auth/login".to_owned(), status, Duration::from_millis(20));
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
fn methods_that_clients_make_up_share_one_label() {
    let metrics = Metrics::new();
    for number in 0..100 {
        metrics.request(&format!("GET{number}"), "-".to_owned(), 404, Duration::ZERO);
    }
    assert!(text(&metrics).contains("{method=\"other\",path=\"-\",status=\"404\"} 100"));
}

#[tokio::test]
async fn a_dependency_is_up_until_it_is_found_away() {
    let (metrics, readiness) = (Metrics::new(), Readiness::new(&[Arc::new(away())]));
    assert!(metrics.text(&readiness).unwrap().contains("hooksentry_auth_dependency_up{name=\"store\"} 1"));
    readiness.check(&SystemClock).await;
    assert!(metrics.text(&readiness).unwrap().contains("hooksentry_auth_dependency_up{name=\"store\"} 0"));
}
