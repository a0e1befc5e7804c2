use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::backend::fake::{FakeBackend, away, sound};
use crate::system::SystemClock;

fn finding(finding: fn() -> Finding) -> Arc<dyn Backend> {
    Arc::new(FakeBackend { examine: Box::new(move || Ok(vec![finding()])), ..sound() })
}

fn failing(error: fn() -> PortError) -> Arc<dyn Backend> {
    Arc::new(FakeBackend { examine: Box::new(move || Err(error())), ..sound() })
}

// S-88
#[tokio::test]
async fn a_fault_is_refused_with_every_other_fault() {
    let backends = [
        finding(|| Finding::fault("it is a replica")),
        failing(|| PortError::misconfigured("wrong password")),
        finding(|| Finding::warning("it forgets")),
    ];
    let Err(failure) = at_start(&backends, &SystemClock).await else { panic!("started") };
    let text = failure.to_string();
    assert!(text.contains("store: it is a replica") && text.contains("wrong password"), "{text}");
    assert!(!text.contains("forgets"), "{text}");
}

#[tokio::test]
async fn a_warning_is_no_reason_not_to_start() {
    let backends = [finding(|| Finding::warning("it forgets")), finding(|| Finding::good("it answers"))];
    assert!(at_start(&backends, &SystemClock).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outage_is_no_reason_not_to_start_and_is_caught_up_with() {
    let backends: [Arc<dyn Backend>; 2] = [Arc::new(away()), Arc::new(sound())];
    let away = at_start(&backends, &SystemClock).await.unwrap();
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
    let examined = calls.clone();
    let examine = move || match examined.fetch_add(1, Ordering::Relaxed) {
        0 => Err(PortError::misconfigured("wrong password")),
        1 => Ok(vec![Finding::fault("it is a replica")]),
        2 => Err(PortError::unavailable("gone")),
        _ => Ok(vec![Finding::good("it answers")]),
    };
    let backend: Arc<dyn Backend> = Arc::new(FakeBackend { examine: Box::new(examine), ..sound() });
    let mut unchecked = Vec::new();
    add(&mut unchecked, vec![backend.clone(), backend]);
    assert_eq!(unchecked.len(), 1, "one dependency is checked twice");
    for left in [1, 1, 1, 0] {
        unchecked = catch_up(unchecked, &SystemClock).await;
        assert_eq!(unchecked.len(), left);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 4);
}
