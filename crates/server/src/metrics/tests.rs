use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auth_domain::ports::Clock;
use tokio::runtime::{Builder, Handle};

use super::*;
use crate::dependency::fake::{FakeDependency, sound, unreachable};
use crate::dependency::{RedisServers, SentinelState};
use crate::login_limiter::PasswordQueue;
use crate::password_hashing::fake::FakeHashing;
use crate::system::SystemClock;

fn text(metrics: &Metrics) -> String {
    let runtime = Builder::new_current_thread().build().unwrap();
    metrics.text(&Readiness::new(Vec::new(), runtime.handle().clone())).unwrap()
}

#[test]
fn every_outcome_is_exported_from_the_start() {
    let text = text(&Metrics::new(None));
    for line in [
        "hooksentry_auth_logins_total{outcome=\"blocked\",reason=\"too_many_failures\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reuse_detected\",reason=\"reuse_detected\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reuse_detected\",reason=\"rotation_may_be_lost\"} 0",
        "hooksentry_auth_refreshes_total{outcome=\"reused_in_grace_period\",reason=\"already_used\"} 0",
        "hooksentry_auth_login_blocks_total{limit=\"address\"} 0",
        "hooksentry_auth_logouts_total{outcome=\"succeeded\",reason=\"logged_out\"} 0",
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
        "hooksentry_auth_http_request_duration_seconds_count{path=\"/api/v1/auth/login\",status_class=\"5xx\"} 1",
        "hooksentry_auth_http_request_duration_seconds_bucket{le=\"0.025\",path=\"/api/v1/auth/login\",status_class=\"2xx\"} 1",
        "hooksentry_auth_http_request_duration_seconds_bucket{le=\"0.01\",path=\"/api/v1/auth/login\",status_class=\"2xx\"} 0",
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

#[test]
fn password_hashes_export_their_queue_and_their_times() {
    let hashing: Arc<dyn PasswordHashing> = Arc::new(FakeHashing);
    let metrics = Metrics::new(None).with_passwords(&hashing);
    let queue =
        PasswordQueue::new(Arc::new(|_| 1), Duration::ZERO).counting_in(metrics.password_queue.clone());
    let waiting = queue.wait();
    queue.reject();
    let during = text(&metrics);
    drop(waiting);
    let after = text(&metrics);
    for (text, line) in [
        (&during, "hooksentry_auth_password_hashes_running 2"),
        (&during, "hooksentry_auth_password_hashes_queued 6"),
        (&after, "hooksentry_auth_password_hashes_queued 5"),
        (&after, "hooksentry_auth_password_hashes_rejected_total 8"),
        (&after, "hooksentry_auth_password_hash_duration_seconds_bucket{le=\"0.05\",format=\"bcrypt\"} 0"),
        (&after, "hooksentry_auth_password_hash_duration_seconds_bucket{le=\"0.1\",format=\"bcrypt\"} 1"),
        (&after, "hooksentry_auth_password_hash_duration_seconds_count{format=\"argon2id\"} 0"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[test]
fn process_metrics_have_no_prefix_and_plausible_values() {
    let text = text(&Metrics::new(None).with_process(SystemClock.now()));
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    let started = SystemClock.now().unix_timestamp();
    assert!(
        (0.0..60.0)
            .contains(&(f64::from(u32::try_from(started).unwrap()) - value("process_start_time_seconds")))
    );
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    assert!((3.0..=value("process_max_fds")).contains(&value("process_open_fds")));
    assert!(value("process_threads") >= 1.0 && value("process_cpu_seconds_total") >= 0.0);
}

#[test]
fn a_counter_that_is_kept_elsewhere_is_read_at_each_scrape() {
    let kept = Arc::new(AtomicU64::new(4));
    let read = kept.clone();
    let metrics = Metrics::new(None).with_counter("kept", "Help", move || read.load(Ordering::Relaxed));
    assert!(text(&metrics).contains("hooksentry_auth_kept_total 4\n"));
    kept.store(9, Ordering::Relaxed);
    assert!(text(&metrics).contains("hooksentry_auth_kept_total 9\n"));
}

fn with_redis(servers: RedisServers) -> String {
    let redis = FakeDependency { redis_servers: Some(servers), ..sound() };
    text(&Metrics::new(None).with_stores(&vec![Arc::new(redis)]))
}

// S-81
#[test]
fn servers_of_redis_are_counted_without_their_addresses() {
    let sentinels = vec![SentinelState::Agrees, SentinelState::Agrees, SentinelState::Unusable];
    let replicas = RedisServers {
        primaries: 1,
        replicas: Some(2),
        lag: Some(Duration::from_secs(1)),
        bytes_behind: Some(42),
        uncovered_slots: None,
        sentinels,
    };
    let text = with_redis(replicas);
    for line in [
        "hooksentry_auth_redis_primaries 1",
        "hooksentry_auth_redis_replicas 2",
        "hooksentry_auth_redis_replica_lag_seconds 1",
        "hooksentry_auth_redis_replica_lag_bytes 42",
        "hooksentry_auth_redis_sentinels{state=\"agrees\"} 2",
        "hooksentry_auth_redis_sentinels{state=\"disagrees\"} 0",
        "hooksentry_auth_redis_sentinels{state=\"unusable\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    let has = |text: &str, sample: &str| text.lines().any(|line| line.starts_with(sample));
    assert!(!has(&text, "hooksentry_auth_redis_uncovered_slots"), "{text}");
    let cluster =
        with_redis(RedisServers { primaries: 3, uncovered_slots: Some(5), ..RedisServers::default() });
    assert!(has(&cluster, "hooksentry_auth_redis_uncovered_slots 5"), "{cluster}");
    assert!(!has(&cluster, "hooksentry_auth_redis_sentinels"), "{cluster}");
    assert!(!has(&cluster, "hooksentry_auth_redis_replicas"), "{cluster}");
}
