//! Access tokens of ended sessions.

use auth_domain::model::{LiveAccessToken, RequestTime, SessionId, SessionRef, TokenId, UserId};
use auth_domain::ports::PortError;

use crate::denylist::RevocationPolicy;
use crate::keys;
use crate::record_format::RecordFormat;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::COMPLETE;
use crate::store::RedisStore;

/// Access tokens of sessions that a script has ended.
pub(super) struct EndedTokens {
    user_id: UserId,
    /// The tokens of one session are next to each other.
    tokens: Vec<(SessionId, LiveAccessToken)>,
    also: Option<LiveAccessToken>,
}

impl EndedTokens {
    /// Reads the rest of a reply.
    ///
    /// # Parameters
    /// - `also`: an access token that is denylisted last.
    pub(super) fn read(
        user_id: UserId,
        reply: &mut ScriptReply,
        also: Option<LiveAccessToken>,
    ) -> Result<Self, PortError> {
        let mut tokens = Vec::new();
        while !reply.is_empty() {
            let session_id = reply.session_id()?;
            tokens.extend(reply.access_tokens()?.into_iter().map(|token| (session_id, token)));
        }
        Ok(Self { user_id, tokens, also })
    }

    /// Adds the tokens to the denylist cache: the script has denylisted them.
    pub(super) fn cache(&self, store: &RedisStore, policy: RevocationPolicy, request_time: RequestTime) {
        store.cache_revoked(self.entries(policy, request_time).into_iter());
    }

    /// Denylists the tokens, and removes the marks of the sessions, in one script call: a caller without an
    /// answer can still present its own token and repeat the end.
    pub(super) async fn denylist(
        self,
        store: &RedisStore,
        policy: RevocationPolicy,
        format: RecordFormat,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let entries = self.entries(policy, request_time);
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
        let mut call = ScriptCall::new(&COMPLETE, &keys).at_any_clock();
        call = call.arg(format.number()).arg(entries.len());
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

    /// Returns each token that some verifier may still accept, with the lifetime of its entry in milliseconds.
    fn entries(&self, policy: RevocationPolicy, request_time: RequestTime) -> Vec<(TokenId, i64)> {
        let tokens = self.tokens.iter().map(|(_, token)| *token).chain(self.also);
        tokens.filter_map(|token| Some((token.id, policy.entry_lifetime(token, request_time)?))).collect()
    }

    /// Returns each session once.
    fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<_> = self.tokens.iter().map(|(session, _)| *session).collect();
        sessions.dedup();
        sessions
    }
}
