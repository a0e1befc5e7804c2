//! Listings of sessions.

use auth_domain::model::{RequestTime, SessionSummary, UserId, to_unix_microseconds};
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
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let step = Step::new(&LIST, &[&keys::sessions(user_id)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(keys::session_prefix(user_id));
        let mut reply = self.store.run(&step, request_time).await?;
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
