use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_domain::ports::{Check, PortError};

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

fn pending(dependencies: Vec<Arc<dyn Dependency>>) -> PendingChecks {
    let mut pending = PendingChecks::default();
    pending.add(dependencies);
    pending
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
    assert!(check_at_start(&dependencies, &SystemClock).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outage_does_not_prevent_the_start_and_is_checked_later() {
    let dependencies: [Arc<dyn Dependency>; 2] = [Arc::new(unreachable()), Arc::new(sound())];
    let unreachable = check_at_start(&dependencies, &SystemClock).await.unwrap();
    assert_eq!(unreachable.len(), 1);
    for (dependencies, left) in [(unreachable, 1), (vec![Arc::new(sound()) as Arc<dyn Dependency>], 0)] {
        let mut pending = pending(dependencies);
        pending.run(&SystemClock).await;
        assert_eq!(pending.len(), left);
    }
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
    let mut pending = pending(vec![dependency.clone(), dependency]);
    assert_eq!(pending.len(), 1, "one dependency is checked twice");
    for left in [1, 1, 1, 0] {
        pending.run(&SystemClock).await;
        assert_eq!(pending.len(), left);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}
