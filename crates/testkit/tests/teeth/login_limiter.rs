//! A login limiter in memory.

mod fault;
mod window;

pub(crate) use fault::Fault;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{AxisKey, LoginAttempt, Timing};
use auth_domain::ports::{LoginLimiter, PortError, Reservation, Settlement, Ticket};
use auth_testkit::Fixture;

use window::Window;

struct InMemoryLoginLimiter {
    window: Mutex<Window>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "fixtures are futures")]
pub(crate) async fn fixture(fault: Option<Fault>) -> Fixture<dyn LoginLimiter> {
    let limiter = InMemoryLoginLimiter { window: Mutex::new(Window::new(fault)), fault };
    Fixture { port: Arc::new(limiter), keep: Box::new(()) }
}

impl InMemoryLoginLimiter {
    fn in_time(&self, timing: Timing) -> Result<(), PortError> {
        if self.fault == Some(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(timing) }
    }
}

#[async_trait]
impl LoginLimiter for InMemoryLoginLimiter {
    async fn reserve(&self, attempt: &LoginAttempt, timing: Timing) -> Result<Reservation, PortError> {
        self.in_time(timing)?;
        if self.fault == Some(Fault::ChecksBeforeItCounts) {
            let verdict = self.window.lock().unwrap().judge(attempt, timing.now());
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Ok(self.window.lock().unwrap().take(attempt, verdict, timing.now()));
        }
        let mut window = self.window.lock().unwrap();
        let verdict = window.judge(attempt, timing.now());
        Ok(window.take(attempt, verdict, timing.now()))
    }

    async fn settle(&self, ticket: &Ticket, outcome: Settlement, timing: Timing) -> Result<(), PortError> {
        self.in_time(timing)?;
        self.window.lock().unwrap().settle(ticket, outcome, timing.now());
        Ok(())
    }

    async fn clear(&self, email: AxisKey, timing: Timing) -> Result<(), PortError> {
        self.in_time(timing)?;
        self.window.lock().unwrap().clear(email);
        Ok(())
    }
}
