//! Listings of sessions.

use auth_domain::model::{SessionSummary, Timing, UserId, micros};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use crate::keys;
use crate::scripts::LIST;
use crate::step::Step;

impl RedisSessionStore {
    /// Names the live sessions of a user, the most recently used first.
    pub(super) async fn list_sessions(
        &self,
        user_id: UserId,
        timing: Timing,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let timing = self.store.on_server_clock(timing).await?;
        let step = Step::new(&LIST, &[&keys::sessions(user_id)])
            .at_any_clock()
            .arg(micros(timing.now()))
            .arg(keys::session_prefix(user_id));
        let mut reply = self.store.run(&step, timing).await?;
        reply.text()?;
        let mut sessions = Vec::new();
        while !reply.is_over() {
            sessions.push(SessionSummary {
                session_id: reply.session_id()?,
                created_at: reply.time()?,
                rotated_at: reply.time()?,
                expires_at: reply.time()?,
            });
        }
        sessions.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
        Ok(sessions)
    }
}
