//! Sessions and their refresh tokens.

mod pending;
mod rotation_reply;

use std::num::NonZeroU32;

use async_trait::async_trait;
use auth_domain::model::{
    ConcurrentRefresh, EndReason, EndSession, Ending, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES,
    NewSession, RequestTime, Rotate, Rotation, SealedSuccessor, SessionSummary, UserId, session_rules,
    to_microseconds, to_unix_microseconds,
};
use auth_domain::ports::{PortError, SessionStore};
use tracing::instrument;

use self::pending::PendingTokens;
use crate::denylist::RevocationPolicy;
use crate::error::StoreError;
use crate::keys;
use crate::legacy_refresh_tokens::LEGACY_TOKEN_LIFETIME;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::{END, END_ALL, LIST, OPEN, ROTATE};
use crate::store::RedisStore;

/// The longest value that keeps a hash in its compact encoding, by default. A single longer value triples the memory of
/// the record.
const MAX_COMPACT_VALUE: usize = 64;
/// The stored tag of a successor that was sealed without an idempotency key.
const NO_KEY: &[u8] = b"-";
/// How many sessions of a user one script call ends at most, so that no call blocks the server for long.
const END_BATCH: usize = 100;
const NEWER_RECORDS: &str =
    "sessions of this user were written by a newer release and have not ended; end them with that release";

/// The [`SessionStore`] in Redis: a hash for each session, and a key for its live refresh token.
///
/// A session ends in two script calls, because only the first one returns its access tokens. The first ends the session
/// and leaves it *pending*; the second denylists the access tokens and removes the mark. A method returns after both. A
/// method that finds a pending session completes it.
#[derive(Clone)]
pub struct RedisSessionStore {
    store: RedisStore,
    policy: RevocationPolicy,
}

impl RedisSessionStore {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, policy: RevocationPolicy) -> Self {
        Self { store: store.clone(), policy }
    }

    fn margin(&self) -> i64 {
        to_microseconds(self.policy.denylist_margin)
    }

    /// How long the record of an ended session is kept: until its last access token has expired everywhere.
    fn tombstone_lifetime(&self) -> i64 {
        to_microseconds(self.policy.max_entry_lifetime())
    }

    fn rotate_call(&self, rotate: &Rotate, request_time: RequestTime) -> ScriptCall {
        let session = rotate.presented.session;
        let (tag, [sealed, rest]) = retry_fields(rotate.retry.as_ref());
        let keys = [
            keys::session(session),
            keys::refresh(&rotate.presented),
            keys::refresh(&rotate.successor),
            keys::sessions(session.user_id),
            keys::refreshes(session.user_id),
        ];
        let limit = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get);
        ScriptCall::new(&ROTATE, &keys.each_ref().map(String::as_str))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(session.session_id.to_string())
            .arg(rotate.tenant_id.to_string())
            .arg(keys::hex(&rotate.presented.value))
            .arg(keys::hex(&rotate.successor.value))
            .arg(to_unix_microseconds(rotate.expires_at))
            .arg(to_microseconds(rotate.reuse_leeway))
            .arg(rotate.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(rotate.access_token.expires_at))
            .arg(rotate.released.as_ref().map_or(&[][..], |released| released.as_bytes()))
            .arg(tag)
            .arg(sealed)
            .arg(rest)
            .arg(MAX_LIVE_ACCESS_TOKENS)
            .arg(self.margin())
            .arg(self.tombstone_lifetime())
            .arg(rotate.rotated_from.as_ref().map_or(&[][..], |address| address.as_bytes()))
            .arg(u8::from(rotate.concurrent_refresh == ConcurrentRefresh::Share))
            .arg(limit(rotate.limits.per_session))
            .arg(limit(rotate.limits.per_user))
            .arg(MAX_RETRIES)
            .marking_repeats(rotate.is_repeat)
    }

    /// Denylists the access tokens that the rest of a reply names, and `also`. After an error, only the first script call of
    /// the operation has taken effect.
    async fn denylist(
        &self,
        user_id: UserId,
        reply: &mut ScriptReply,
        also: Option<LiveAccessToken>,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let pending = PendingTokens::read(user_id, reply)?;
        let denylisted = pending.denylist(also, &self.store, self.policy, request_time).await;
        denylisted.map_err(PortError::into_unanswered)
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    #[instrument(level = "debug", skip_all)]
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let (token, user_id) = (&session.refresh_token, session.refresh_token.session.user_id);
        let keys = [keys::session(token.session), keys::refresh(token), keys::sessions(user_id)];
        let predecessor = session.predecessor.as_ref();
        let (tag, [sealed, rest]) =
            retry_fields(predecessor.and_then(|predecessor| predecessor.retry.as_ref()));
        let from = predecessor.and_then(|predecessor| predecessor.presented_from);
        let call = ScriptCall::new(&OPEN, &keys.each_ref().map(String::as_str))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(token.session.session_id.to_string())
            .arg(session.tenant_id.to_string())
            .arg(keys::hex(&token.value))
            .arg(to_unix_microseconds(session.expires_at))
            .arg(to_unix_microseconds(session.ends_at))
            .arg(session.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(session.access_token.expires_at))
            .arg(session.max_sessions)
            .arg(self.margin())
            .arg(self.tombstone_lifetime())
            .arg(predecessor.map_or_else(String::new, |predecessor| keys::hex(&predecessor.digest)))
            .arg(tag)
            .arg(sealed)
            .arg(rest)
            .arg(from.as_ref().map_or(&[][..], |address| address.as_bytes()));
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        reply.text()?;
        self.denylist(user_id, &mut reply, None, request_time).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        let call = self.rotate_call(rotate, request_time);
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        let rotation = rotation_reply::read(&mut reply)?;
        self.denylist(rotate.presented.session.user_id, &mut reply, None, request_time).await?;
        Ok(rotation)
    }

    #[instrument(level = "debug", skip_all)]
    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        let (user_id, request_time) = (end.session.user_id, self.store.on_server_clock(request_time).await?);
        let call = ScriptCall::new(&END, &[&keys::session(end.session), &keys::sessions(user_id)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(end.session.session_id.to_string())
            .arg(end.reason.name())
            .arg(keys::refresh_prefix(user_id))
            .arg(self.margin())
            .arg(self.tombstone_lifetime());
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        if reply.text()? == "unknown" {
            return Ok(Ending::Unknown);
        }
        self.denylist(user_id, &mut reply, end.also_revoke, request_time).await?;
        Ok(Ending::Ended)
    }

    #[instrument(level = "debug", skip_all)]
    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let call = ScriptCall::new(&END_ALL, &[&keys::sessions(user_id), &keys::legacy_rejected(user_id)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(reason.name())
            .arg(keys::session_prefix(user_id))
            .arg(keys::refresh_prefix(user_id))
            .arg(self.margin())
            .arg(self.tombstone_lifetime())
            .arg(END_BATCH)
            .arg(LEGACY_TOKEN_LIFETIME);
        let mut ended = 0;
        // Ends because a call does not find the sessions of the previous one again; the deadline bounds it as well.
        loop {
            let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
            reply.text()?;
            ended += usize::try_from(reply.number()?).unwrap_or(0);
            let (may_be_more, newer) = (reply.number()? == 1, reply.number()?);
            self.denylist(user_id, &mut reply, None, request_time).await?;
            if newer > 0 {
                return Err(PortError::corrupt(NEWER_RECORDS));
            }
            if !may_be_more {
                return Ok(ended);
            }
        }
    }

    #[instrument(level = "debug", skip_all)]
    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let call = ScriptCall::new(&LIST, &[&keys::sessions(user_id)])
            .at_any_clock()
            .arg(keys::session_prefix(user_id));
        let reply = call.run(self.store.connections(), request_time).await;
        let mut reply = reply.map_err(StoreError::of_read)?;
        reply.text()?;
        let mut sessions = Vec::new();
        while !reply.is_empty() {
            sessions.push(SessionSummary {
                session_id: reply.session_id()?,
                created_at: reply.time()?,
                rotated_at: reply.time()?,
                expires_at: reply.time()?,
            });
        }
        Ok(session_rules::live(sessions, request_time.now()))
    }
}

/// Returns the tag of a sealed successor, and the successor in two parts; they are empty if there is none.
fn retry_fields(retry: Option<&SealedSuccessor>) -> (&[u8], [&[u8]; 2]) {
    let Some(retry) = retry else { return (&[], [&[], &[]]) };
    let (sealed, rest) = retry.sealed.split_at(MAX_COMPACT_VALUE.min(retry.sealed.len()));
    let tag = retry.tag.as_ref().map_or(NO_KEY, |tag| tag.as_bytes().as_slice());
    (tag, [sealed, rest])
}
