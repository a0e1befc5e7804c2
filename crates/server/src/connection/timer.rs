//! Timeouts of a connection, on tokio's clock.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Returns the time of the clock that timeouts use.
#[expect(
    clippy::disallowed_methods,
    reason = "timeouts of sockets use the clock of tokio, which tests can move"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The one timer of a connection.
///
/// A later deadline does not move the timer: it fires at the old one and is set again then. A busy
/// connection therefore costs the runtime's timer wheel nothing per request.
pub(super) struct Timer(Pin<Box<Sleep>>);

impl Timer {
    pub(super) fn new(deadline: Instant) -> Self {
        Self(Box::pin(sleep_until(deadline)))
    }

    /// Becomes ready once `deadline` has passed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        loop {
            ready!(self.0.as_mut().poll(context));
            if self.0.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_follows_its_deadline_in_both_directions() {
        let start = now();
        let mut timer = Timer::new(start + Duration::from_secs(5));
        for seconds in [75, 76, 80] {
            let deadline = start + Duration::from_secs(seconds);
            poll_fn(|context| timer.poll(context, deadline)).await;
            assert_eq!(now(), deadline);
        }
        let far = now() + Duration::from_secs(75);
        assert!(futures_util::poll!(poll_fn(|context| timer.poll(context, far))).is_pending());
        let near = now() + Duration::from_secs(5);
        poll_fn(|context| timer.poll(context, near)).await;
        assert_eq!(now(), near);
    }
}
