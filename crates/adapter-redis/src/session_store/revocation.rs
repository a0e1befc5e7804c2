//! The second step of an end: access tokens into the denylist.

use auth_domain::model::{LiveAccessToken, RequestTime, SessionId, SessionRef, UserId};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use crate::denylist::life_in_millis;
use crate::keys;
use crate::reply::Reply;
use crate::scripts::COMPLETE;
use crate::step::Step;

/// Access tokens that are still to be denylisted, each with its session.
pub(super) struct Pending(Vec<(SessionId, LiveAccessToken)>);

impl Pending {
    /// Reads the rest of a reply.
    pub(super) fn read(reply: &mut Reply) -> Result<Self, PortError> {
        let mut tokens = Vec::new();
        while !reply.is_over() {
            tokens.push((reply.session_id()?, reply.access_token()?));
        }
        Ok(Self(tokens))
    }

    /// The sessions that they are of, each once; a script names those of one session together.
    fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.0.iter().map(|(session, _)| *session).collect();
        sessions.dedup();
        sessions
    }
}

impl RedisSessionStore {
    /// Denylists what is pending and `also`, and notes that it is done: one step, so that a caller who gets no answer
    /// still has the token to repeat the call with, or the call is done.
    pub(super) async fn complete(
        &self,
        user_id: UserId,
        pending: &Pending,
        also: Option<LiveAccessToken>,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let tokens = pending.0.iter().map(|(_, token)| *token).chain(also);
        let entries: Vec<_> = tokens
            .filter_map(|token| Some((token.id, life_in_millis(&self.store, token, request_time)?)))
            .collect();
        let sessions = pending.sessions();
        if entries.is_empty() && sessions.is_empty() {
            return Ok(());
        }
        let records = sessions.iter().flat_map(|session_id| {
            [keys::session(SessionRef { user_id, session_id: *session_id }), keys::sessions(user_id)]
        });
        let all: Vec<_> = entries.iter().map(|(id, _)| keys::revoked(*id)).chain(records).collect();
        let mut step =
            Step::new(&COMPLETE, &all.iter().map(String::as_str).collect::<Vec<_>>()).at_any_clock();
        step = step.arg(entries.len());
        for (_, life) in &entries {
            step = step.arg(*life);
        }
        for session_id in &sessions {
            step = step.arg(session_id.to_string());
        }
        self.store.run(&step, request_time).await?;
        self.store.note_revoked(entries.into_iter());
        Ok(())
    }
}
