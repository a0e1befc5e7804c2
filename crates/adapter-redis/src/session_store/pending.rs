//! The second script call of an end: the access tokens go into the denylist.

use auth_domain::model::{LiveAccessToken, RequestTime, SessionId, SessionRef, UserId};
use auth_domain::ports::PortError;

use crate::denylist::RevocationPolicy;
use crate::keys;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::COMPLETE;
use crate::store::RedisStore;

/// Access tokens of ended sessions that the denylist may not contain yet.
pub(super) struct PendingTokens {
    user_id: UserId,
    /// The tokens of one session are next to each other.
    tokens: Vec<(SessionId, LiveAccessToken)>,
}

impl PendingTokens {
    /// Reads the rest of a reply.
    pub(super) fn read(user_id: UserId, reply: &mut ScriptReply) -> Result<Self, PortError> {
        let mut tokens = Vec::new();
        while !reply.is_empty() {
            tokens.push((reply.session_id()?, reply.access_token()?));
        }
        Ok(Self { user_id, tokens })
    }

    /// Denylists the tokens and `also`, and removes the marks of the sessions, in one script call: a caller without an
    /// answer can still present its own token and repeat the end.
    pub(super) async fn denylist(
        self,
        also: Option<LiveAccessToken>,
        store: &RedisStore,
        policy: RevocationPolicy,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let tokens = self.tokens.iter().map(|(_, token)| *token).chain(also);
        let entries: Vec<_> = tokens
            .filter_map(|token| Some((token.id, policy.entry_lifetime(token, request_time)?)))
            .collect();
        let sessions = self.sessions();
        if entries.is_empty() && sessions.is_empty() {
            return Ok(());
        }
        let records = sessions.iter().flat_map(|session_id| {
            let session = SessionRef { user_id: self.user_id, session_id: *session_id };
            [keys::session(session), keys::sessions(self.user_id)]
        });
        let keys: Vec<_> = entries.iter().map(|(id, _)| keys::revoked(*id)).chain(records).collect();
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        let mut call = ScriptCall::new(&COMPLETE, &keys).at_any_clock().arg(entries.len());
        for (_, lifetime) in &entries {
            call = call.arg(*lifetime);
        }
        for session_id in &sessions {
            call = call.arg(session_id.to_string());
        }
        call.run_until_answered(store.connections(), request_time).await?;
        store.cache_revoked(entries.into_iter());
        Ok(())
    }

    /// Returns each session once.
    fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.tokens.iter().map(|(session, _)| *session).collect();
        sessions.dedup();
        sessions
    }
}
