use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::dependency::fake::{FakeDependency, away, sound};
use crate::system::SystemClock;

fn check(check: fn() -> Check) -> Arc<dyn Dependency> {
    Arc::new(FakeDependency { diagnose: Box::new(move || Ok(vec![check()])), ..sound() })
}

fn failing(error: fn() -> PortError) -> Arc<dyn Dependency> {
    Arc::new(FakeDependency { diagnose: Box::new(move || Err(error())), ..sound() })
}

// S-88
#[tokio::test]
async fn a_fault_is_rejected_with_every_other_fault() {
    let dependencies = [
        check(|| Check::error("it is a replica")),
        failing(|| PortError::misconfigured("wrong password")),
        check(|| Check::warning("it forgets")),
    ];
    let Err(failure) = at_start(&dependencies, &SystemClock).await else { panic!("started") };
    let text = failure.to_string();
    assert!(text.contains("store: it is a replica") && text.contains("wrong password"), "{text}");
    assert!(!text.contains("forgets"), "{text}");
}

#[tokio::test]
async fn a_warning_is_no_reason_not_to_start() {
    let dependencies = [check(|| Check::warning("it forgets")), check(|| Check::ok("it answers"))];
    assert!(at_start(&dependencies, &SystemClock).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outage_is_no_reason_not_to_start_and_is_caught_up_with() {
    let dependencies: [Arc<dyn Dependency>; 2] = [Arc::new(away()), Arc::new(sound())];
    let away = at_start(&dependencies, &SystemClock).await.unwrap();
    assert_eq!(away.len(), 1);
    let mut unchecked = Vec::new();
    add(&mut unchecked, away);
    assert_eq!(catch_up(unchecked, &SystemClock).await.len(), 1);
    let mut unchecked = Vec::new();
    add(&mut unchecked, vec![Arc::new(sound())]);
    assert!(catch_up(unchecked, &SystemClock).await.is_empty());
}

// S-88
#[tokio::test]
async fn a_dependency_with_an_error_is_checked_until_it_is_fixed() {
    let calls = Arc::new(AtomicUsize::new(0));
    let diagnosed = calls.clone();
    let diagnose = move || match diagnosed.fetch_add(1, Ordering::Relaxed) {
        0 => Err(PortError::misconfigured("wrong password")),
        1 => Ok(vec![Check::error("it is a replica")]),
        2 => Err(PortError::unavailable("gone")),
        _ => Ok(vec![Check::ok("it answers")]),
    };
    let dependency: Arc<dyn Dependency> =
        Arc::new(FakeDependency { diagnose: Box::new(diagnose), ..sound() });
    let mut unchecked = Vec::new();
    add(&mut unchecked, vec![dependency.clone(), dependency]);
    assert_eq!(unchecked.len(), 1, "one dependency is checked twice");
    for left in [1, 1, 1, 0] {
        unchecked = catch_up(unchecked, &SystemClock).await;
        assert_eq!(unchecked.len(), left);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}
