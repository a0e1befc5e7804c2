//! The answers that the load has seen.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_e2e::Reply;
use auth_e2e::clock::Stopwatch;

/// The timeout of a request, and what a busy machine adds to it.
const LIMIT: Duration = Duration::from_millis(6_500);

/// The calls of a load.
pub(crate) struct Seen {
    watch: Stopwatch,
    is_over: AtomicBool,
    calls: Mutex<Vec<Call>>,
    /// Answers that are neither due nor a 503.
    wrong: Mutex<Vec<String>>,
}

/// A call with an answer that is due, or a 503.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// The time since the start of the load.
    started: Duration,
    duration: Duration,
    name: &'static str,
    is_outage: bool,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            watch: Stopwatch::start(),
            is_over: AtomicBool::new(false),
            calls: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    /// Returns the time since the start of the load.
    pub(crate) fn now(&self) -> Duration {
        self.watch.elapsed()
    }

    pub(crate) fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Notes the answer to a call. Returns it if its status is one of `due`.
    pub(crate) async fn note(
        &self,
        name: &'static str,
        due: &[u16],
        call: impl Future<Output = Reply>,
    ) -> Option<Reply> {
        self.note_unknown(name, due, call).await.0
    }

    /// Notes the answer to a call, as [`note`](Self::note) does. Returns also whether the answer is a 503 with an unknown outcome.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub(crate) async fn note_unknown(
        &self,
        name: &'static str,
        due: &[u16],
        call: impl Future<Output = Reply>,
    ) -> (Option<Reply>, bool) {
        let started = self.now();
        let reply = call.await;
        let duration = self.now().saturating_sub(started);
        let is_outage = reply.status == 503;
        if is_outage {
            reply.expect_error(503, "service_unavailable");
            assert!((1..=30).contains(&reply.retry_after()), "{reply:?}");
        } else if !due.contains(&reply.status) {
            let text = format!("{name} at {started:?}: {}", reply.text());
            self.wrong.lock().expect("no panic").push(text);
            return (None, false);
        }
        self.calls.lock().expect("no panic").push(Call { started, duration, name, is_outage });
        let is_unknown = is_outage && reply.text().contains("unknown");
        ((!is_outage).then_some(reply), is_unknown)
    }

    /// Returns how many calls that started since `start` were an outage.
    pub(crate) fn outages_since(&self, start: Duration) -> usize {
        self.calls().iter().filter(|call| call.is_outage && call.started >= start).count()
    }

    /// Returns how long after `end` the last call started that was an outage.
    pub(crate) fn recovery_after(&self, end: Duration) -> Duration {
        let outages = self.calls().into_iter().filter(|call| call.is_outage);
        outages.map(|call| call.started.saturating_sub(end)).max().unwrap_or_default()
    }

    /// Returns how many calls started since `start`.
    pub(crate) fn calls_since(&self, start: Duration) -> usize {
        self.calls().iter().filter(|call| call.started >= start).count()
    }

    /// Checks that each answer was due or a 503, in time, and that every kind of call has succeeded since `start`.
    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    pub(crate) fn expect_allowed(&self, start: Duration) {
        let wrong = self.wrong.lock().expect("no panic");
        assert!(
            wrong.is_empty(),
            "{} wrong answers: {:#?}",
            wrong.len(),
            wrong.iter().take(10).collect::<Vec<_>>()
        );
        let mut successes: BTreeMap<&str, usize> = BTreeMap::new();
        for call in self.calls() {
            assert!(call.duration < LIMIT, "{call:?}");
            let is_success = !call.is_outage && call.started >= start;
            *successes.entry(call.name).or_default() += usize::from(is_success);
        }
        for name in ["login", "refresh", "verification"] {
            assert!(
                successes.get(name).is_some_and(|count| *count > 0),
                "no {name} succeeded: {successes:?}"
            );
        }
    }

    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no panic").clone()
    }
}
