use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_domain::mocks::MockClock;
use auth_domain::ports::PortError;
use auth_store_connection::{Change, Renewal};
use time::OffsetDateTime;
use tokio::task::yield_now;

use super::*;
use crate::config::{Settings, Sources};
use crate::dependency::Dependency;
use crate::dependency::fake::{FakeDependency, sound, unreachable};

/// A part whose change is prepared as `outcome` says. It counts how often a change was prepared and applied.
#[derive(Default)]
struct Part {
    rejects: bool,
    dependency: Option<Arc<dyn Dependency>>,
    present: Option<Arc<dyn Dependency>>,
    prepared: AtomicUsize,
    applied: Arc<AtomicUsize>,
}

impl Reloadable for Part {
    fn prepare(&self, _settings: &Settings) -> Result<Prepared, String> {
        self.prepared.fetch_add(1, Ordering::Relaxed);
        if self.rejects {
            return Err("REDIS__URL: unusable".to_owned());
        }
        let applied = self.applied.clone();
        let change = Change::new(vec!["REDIS__URL"], move || {
            applied.fetch_add(1, Ordering::Relaxed);
        });
        Ok(Prepared { change, dependency: self.dependency.clone() })
    }

    fn present(&self) -> Option<&dyn Dependency> {
        self.present.as_deref()
    }
}

/// The clock of tokio, which a test can pause.
fn tokio_clock() -> MockClock {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(OffsetDateTime::UNIX_EPOCH);
    clock.expect_instant().returning(|| now().into_std());
    clock
}

#[expect(clippy::disallowed_methods, reason = "tokio's paused time is the clock of this test")]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Starts a reloader of `parts`, and returns what asks it.
async fn start(parts: &[&Arc<Part>]) -> Arc<ReloadRequests> {
    let requests = Arc::new(ReloadRequests::default());
    let parts = parts.iter().map(|part| Arc::clone(part) as Arc<dyn Reloadable>).collect();
    let reloading = Reloading { parts, requests: requests.clone() };
    let sources = Sources::read(None, std::iter::empty());
    tokio::spawn(Reloader::new(sources, reloading, Arc::new(tokio_clock())).run(Hangups::default()));
    yield_now().await;
    requests
}

/// Asks a reloader of `parts` once, and returns how often the change of the first part was applied.
async fn applied(first: Part, others: &[&Arc<Part>]) -> usize {
    let first = Arc::new(first);
    let parts = [&[&first], others].concat();
    start(&parts).await.renew().await;
    first.applied.load(Ordering::Relaxed)
}

fn asking(dependency: FakeDependency) -> Part {
    Part { dependency: Some(Arc::new(dependency)), ..Part::default() }
}

// S-98
#[tokio::test(start_paused = true)]
async fn rejected_credentials_reload_at_most_once_in_ten_seconds() {
    let part = Arc::new(Part::default());
    let requests = start(&[&part]).await;
    for (seconds, reloads) in [(0, 1), (0, 1), (9, 1), (1, 2), (9, 2)] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        requests.renew().await;
        assert_eq!(part.prepared.load(Ordering::Relaxed), reloads);
    }
}

// S-98
#[tokio::test]
async fn one_problem_prevents_all_changes() {
    assert_eq!(applied(Part::default(), &[&Arc::default()]).await, 1);
    let rejecting = Arc::new(Part { rejects: true, ..Part::default() });
    assert_eq!(applied(Part::default(), &[&rejecting]).await, 0);
}

// S-98
#[tokio::test]
async fn server_that_rejects_the_secrets_prevents_the_change_and_an_outage_does_not() {
    let misconfigured = || Err(PortError::misconfigured("wrong password"));
    let rejecting = || FakeDependency { connect: Box::new(misconfigured), ..sound() };
    assert_eq!(applied(asking(rejecting()), &[]).await, 0);
    assert_eq!(applied(Part { present: Some(Arc::new(rejecting())), ..asking(rejecting()) }, &[]).await, 0);
    for usable in [sound(), unreachable(), FakeDependency { hangs: true, ..sound() }] {
        assert_eq!(applied(asking(usable), &[]).await, 1);
    }
}

// S-98
#[tokio::test]
async fn secrets_are_used_if_the_present_ones_have_the_same_problem() {
    let misconfigured = || Err(PortError::misconfigured("the clocks are 3 s apart"));
    let unready = || FakeDependency { ping: Box::new(misconfigured), ..sound() };
    for (present, times) in [(sound(), 0), (unready(), 1), (unreachable(), 1)] {
        let part = Part { present: Some(Arc::new(present)), ..asking(unready()) };
        assert_eq!(applied(part, &[]).await, times);
    }
}

#[tokio::test]
async fn request_before_the_start_returns_at_once() {
    ReloadRequests::default().renew().await;
}
