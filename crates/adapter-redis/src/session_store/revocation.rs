//! The second step of an end: access tokens into the denylist.

use auth_domain::model::{LiveAccessToken, SessionId, SessionRef, Timing, UserId};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use crate::denylist::revoke_all;
use crate::keys;
use crate::reply::Reply;
use crate::scripts::FINISH;
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
    /// Denylists what is pending, notes that it is done, and then denylists `last`: all in one round trip.
    ///
    /// `last` comes last, since a caller who gets no answer needs it for the repeat that completes the end.
    pub(super) async fn complete(
        &self,
        user_id: UserId,
        pending: &Pending,
        last: Option<LiveAccessToken>,
        timing: Timing,
    ) -> Result<(), PortError> {
        let finished = pending.sessions().into_iter().map(|session_id| finish(user_id, session_id));
        let others = pending.0.iter().map(|(_, token)| *token);
        let others = others.filter(|token| last.is_none_or(|last| last.id != token.id));
        Ok(revoke_all(&self.store, others, finished, last, timing).await?)
    }
}

fn finish(user_id: UserId, session_id: SessionId) -> Step {
    let session = keys::session(SessionRef { user_id, session_id });
    Step::new(&FINISH, &[&session, &keys::sessions(user_id)]).arg(session_id.to_string())
}
