use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_domain::mocks::fixed_clock;
use auth_domain::ports::{Check, Clock, PortError};

use super::*;
use crate::dependency::Dependency;
use crate::dependency::fake::{FakeDependency, sound, unreachable};
use crate::system::SystemClock;

fn checked(check: fn() -> Check) -> Arc<dyn Dependency> {
    Arc::new(FakeDependency { diagnose: Box::new(move || Ok(vec![check()])), ..sound() })
}

fn failing(error: fn() -> PortError) -> Arc<dyn Dependency> {
    Arc::new(FakeDependency { diagnose: Box::new(move || Err(error())), ..sound() })
}

/// Returns the checks that follow those at the start.
async fn started(dependencies: &[Arc<dyn Dependency>], clock: &dyn Clock) -> RepeatedChecks {
    check_at_start(dependencies, clock).await.unwrap_or_else(|error| panic!("{error}"))
}

// S-88
#[tokio::test]
async fn the_start_reports_the_errors_of_all_dependencies() {
    let dependencies = [
        checked(|| Check::error("it is a replica")),
        failing(|| PortError::misconfigured("wrong password")),
        checked(|| Check::warning("it forgets")),
    ];
    let Err(error) = check_at_start(&dependencies, &SystemClock).await else { panic!("started") };
    let text = error.to_string();
    assert!(text.contains("store: it is a replica") && text.contains("wrong password"), "{text}");
    assert!(!text.contains("forgets"), "{text}");
}

#[tokio::test]
async fn a_warning_does_not_prevent_the_start() {
    let dependencies = [checked(|| Check::warning("it forgets")), checked(|| Check::ok("it answers"))];
    assert_eq!(started(&dependencies, &SystemClock).await.due(), 0);
}

// S-88
#[tokio::test]
async fn an_outage_of_one_of_several_servers_does_not_prevent_the_start() {
    let outage = || Check::outage("the primary db1:6379 cannot be used; start it");
    let _ = started(&[checked(outage)], &SystemClock).await;
}

#[tokio::test]
async fn an_outage_does_not_prevent_the_start_and_is_checked_later() {
    let dependencies: [Arc<dyn Dependency>; 2] = [Arc::new(unreachable()), Arc::new(sound())];
    let mut checks = started(&dependencies, &SystemClock).await;
    assert_eq!(checks.due(), 1);
    checks.run(&SystemClock).await;
    assert_eq!(checks.due(), 1, "it is still unreachable");
}

/// A dependency with a result for each check, and the number of checks.
fn changing(
    results: impl Fn(usize) -> Result<Vec<Check>, PortError> + Send + Sync + 'static,
) -> (Arc<dyn Dependency>, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let diagnosed = calls.clone();
    let diagnose = move || results(diagnosed.fetch_add(1, Ordering::Relaxed));
    (Arc::new(FakeDependency { diagnose: Box::new(diagnose), ..sound() }), calls)
}

// S-88
#[tokio::test]
async fn a_dependency_with_an_error_is_checked_until_it_is_fixed() {
    let (dependency, calls) = changing(|call| match call {
        0 | 3 => Err(PortError::unavailable("gone")),
        1 => Err(PortError::misconfigured("wrong password")),
        2 => Ok(vec![Check::error("it is a replica")]),
        _ => Ok(vec![Check::ok("it answers")]),
    });
    let mut checks = started(std::slice::from_ref(&dependency), &SystemClock).await;
    for due in [1, 1, 1, 0, 0] {
        checks.run(&SystemClock).await;
        assert_eq!(checks.due(), due);
    }
    checks.add(&vec![dependency]);
    assert_eq!(checks.due(), 1, "it has come back");
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

// S-88
#[tokio::test]
async fn a_change_of_a_server_is_found_within_a_minute_and_logged_once() {
    let (dependency, calls) = changing(|call| match call {
        0 | 1 => Ok(vec![Check::ok(format!("it answered in {call} ms"))]),
        2 | 3 => Ok(vec![Check::warning("it evicts keys"), Check::ok(format!("it answered in {call} ms"))]),
        _ => Ok(vec![Check::error("it is a replica")]),
    });
    let start = SystemClock.instant();
    let at = |seconds| fixed_clock(SystemClock.now(), start + Duration::from_secs(seconds));
    let mut checks = started(&[dependency], &at(0)).await;
    let mut logged = Vec::new();
    for seconds in (10..=300).step_by(10) {
        checks.run(&at(seconds)).await;
        logged.push(checks.logged_texts());
    }
    logged.dedup();
    assert_eq!(logged, [vec![], vec!["it evicts keys".to_owned()], vec!["it is a replica".to_owned()]]);
    // Three minutes without an error, one more with a warning, then every ten seconds.
    assert_eq!(calls.load(Ordering::Relaxed), 1 + 4 + 6);
}
