//! Access tokens of ended sessions.

use auth_domain::model::{LiveAccessToken, RequestTime, SessionId, SessionRef, TokenId, UserId};
use auth_domain::ports::PortError;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::denylist::RevocationPolicy;
use crate::keys;
use crate::record_format::RecordFormat;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::{COMPLETE, REVOKE};
use crate::store::RedisStore;

/// How many entries are written at the same time.
const MAX_CALLS: usize = 64;

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

    /// Denylists the tokens and removes the marks of the sessions, if both are on different servers.
    ///
    /// `also` is the last token: a caller without an answer still has a valid one, and can repeat the end. The marks come after it: a
    /// concurrent end of a session without a mark responds without writing its tokens.
    pub(super) async fn denylist(
        self,
        store: &RedisStore,
        policy: RevocationPolicy,
        format: RecordFormat,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let mut entries = self.entries(policy, request_time);
        let last = entries.pop_if(|(id, _)| self.also.is_some_and(|also| also.id == *id));
        if let Some((last, _)) = last {
            entries.retain(|(id, _)| *id != last);
        }
        let denylisting = stream::iter(entries.clone()).map(|entry| revoke(store, entry, request_time));
        denylisting.buffer_unordered(MAX_CALLS).try_collect::<()>().await?;
        if let Some(entry) = last {
            revoke(store, entry, request_time).await?;
        }
        self.complete(store, format, request_time).await?;
        store.cache_revoked(entries.into_iter().chain(last));
        Ok(())
    }

    /// Removes the marks of the sessions: their tokens are in the denylist.
    async fn complete(
        &self,
        store: &RedisStore,
        format: RecordFormat,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let sessions = self.sessions();
        if sessions.is_empty() {
            return Ok(());
        }
        let user_id = self.user_id;
        let records =
            sessions.iter().map(|session_id| keys::session(SessionRef { user_id, session_id: *session_id }));
        let keys: Vec<_> = std::iter::once(keys::sessions(user_id)).chain(records).collect();
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        let call = ScriptCall::new(&COMPLETE, &keys).at_any_clock().arg(format.number());
        call.run_until_answered(store.connections(), request_time).await?;
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

/// Writes one entry, whose key is in a slot of its own.
async fn revoke(
    store: &RedisStore,
    (id, lifetime): (TokenId, i64),
    request_time: RequestTime,
) -> Result<(), PortError> {
    let call = ScriptCall::new(&REVOKE, &[&keys::revoked(id)]).at_any_clock().arg(lifetime);
    call.run_until_answered(store.connections(), request_time).await?;
    Ok(())
}
