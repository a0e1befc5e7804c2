//! A login limiter in memory.

mod fault;
mod window;

pub(crate) use fault::Fault;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{LoginLimiter, PortError};
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
    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.fault == Some(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }
}

#[async_trait]
impl LoginLimiter for InMemoryLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        self.in_time(request_time)?;
        if self.fault == Some(Fault::ChecksBeforeItCounts) {
            let severity = self.window.lock().unwrap().judge(attempt, request_time.now());
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Ok(self.window.lock().unwrap().take(attempt, severity, request_time.now()));
        }
        let mut window = self.window.lock().unwrap();
        let severity = window.judge(attempt, request_time.now());
        Ok(window.take(attempt, severity, request_time.now()))
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        self.in_time(request_time)?;
        self.window.lock().unwrap().settle(ticket, outcome, request_time.now());
        Ok(())
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        self.window.lock().unwrap().clear(email);
        Ok(())
    }
}
