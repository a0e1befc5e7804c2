//! Sessions and their refresh tokens.

mod arguments;
mod ended_tokens;
mod rotation_reply;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, LiveAccessToken, NewSession, RequestTime, Rotate, Rotation,
    SessionSummary, UserId, session_rules, to_microseconds, to_unix_microseconds,
};
use auth_domain::ports::{PortError, SessionStore};
use tracing::instrument;

use self::ended_tokens::EndedTokens;
use crate::denylist::RevocationPolicy;
use crate::error::StoreError;
use crate::keys;
use crate::legacy_refresh_tokens::LEGACY_TOKEN_LIFETIME;
use crate::packed::Packed;
use crate::record_format::RecordFormat;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::{END, END_ALL, LIST, OPEN, ROTATE};
use crate::store::RedisStore;

/// How many sessions of a user one script call ends at most, so that no call blocks the server for long.
const END_BATCH: u32 = 100;
const UNREADABLE_RECORDS: &str = "sessions of this user have not ended: their records are corrupt, or were written by a newer release; \
                                  end them with that release, or delete their keys";

/// The [`SessionStore`] in Redis: a record for each session, and a key for its live refresh token.
///
/// A script that ends a session writes its access tokens to the denylist as well. In a cluster, where each denylist entry is in
/// another slot, a session ends in three steps: a script ends it, leaves it *pending* and returns its access tokens; each of
/// these is denylisted; a script removes the mark. A method returns after all three, and each can be repeated. A method that
/// finds a pending session completes it.
#[derive(Clone)]
pub struct RedisSessionStore {
    store: RedisStore,
    policy: RevocationPolicy,
    format: RecordFormat,
    denylists_separately: bool,
}

impl RedisSessionStore {
    /// Creates the port on a store. It writes records as [`RecordFormat::Hash`].
    #[must_use]
    pub fn new(store: &RedisStore, policy: RevocationPolicy) -> Self {
        Self {
            store: store.clone(),
            policy,
            format: RecordFormat::default(),
            denylists_separately: store.is_cluster(),
        }
    }

    /// Writes records in this format. A rotation converts a record of another format.
    #[must_use]
    pub fn with_format(self, format: RecordFormat) -> Self {
        Self { format, ..self }
    }

    /// Writes the denylist in a script call of its own, as a cluster requires. There it is the default.
    #[must_use]
    pub fn denylisting_separately(self) -> Self {
        Self { denylists_separately: true, ..self }
    }

    /// The time of the call, the margin, and how long the record of an ended session is kept: until its last access token has
    /// expired everywhere.
    fn end_times(&self, request_time: RequestTime) -> [i64; 3] {
        let policy = self.policy;
        let (margin, tombstone) = (policy.denylist_margin, policy.max_entry_lifetime());
        [to_unix_microseconds(request_time.now()), to_microseconds(margin), to_microseconds(tombstone)]
    }

    /// Adds the format, and whether the script writes the denylist.
    fn mode(&self, packed: Packed) -> Packed {
        packed.byte(self.format.number()).flag(!self.denylists_separately)
    }

    /// Denylists the access tokens that the rest of a reply names, and `also`. If the script has denylisted them, only the
    /// denylist cache is left. After an error, only the first script call of the operation has taken effect.
    async fn denylist(
        &self,
        user_id: UserId,
        reply: &mut ScriptReply,
        also: Option<LiveAccessToken>,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        if reply.is_empty() && also.is_none() {
            return Ok(());
        }
        let ended = EndedTokens::read(user_id, reply, also)?;
        if !self.denylists_separately {
            ended.cache(&self.store, self.policy, request_time);
            return Ok(());
        }
        let denylisted = ended.denylist(&self.store, self.policy, self.format, request_time).await;
        denylisted.map_err(PortError::into_unanswered)
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    #[instrument(level = "debug", skip_all)]
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let (token, user_id) = (&session.refresh_token, session.refresh_token.session.user_id);
        let keys = [keys::session(token.session), keys::refresh(token), keys::sessions(user_id)];
        let call = ScriptCall::new(&OPEN, &keys.each_ref().map(String::as_str)).arg(arguments::open(
            session,
            self.end_times(request_time),
            |packed| self.mode(packed),
        ));
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        reply.text()?;
        self.denylist(user_id, &mut reply, None, request_time).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        let keys = arguments::rotate_keys(rotate);
        let [fixed, tenant, lifetime] =
            arguments::rotate(rotate, self.end_times(request_time), self.format, |packed| self.mode(packed));
        let call = ScriptCall::new(&ROTATE, &keys.iter().map(String::as_str).collect::<Vec<_>>())
            .arg(fixed)
            .arg(tenant)
            .arg(lifetime)
            .repeating(rotate.is_repeat);
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        let user_id = rotate.presented.session.user_id;
        let rotation = rotation_reply::read(&mut reply, || self.store.primary_replaced_at(user_id))?;
        self.denylist(user_id, &mut reply, None, request_time).await?;
        Ok(rotation)
    }

    #[instrument(level = "debug", skip_all)]
    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        let user_id = end.session.user_id;
        let (record, sessions) = (keys::session(end.session), keys::sessions(user_id));
        let request_time = self.store.on_server_clock(&record, request_time).await?;
        let also_revoke = end.also_revoke.filter(|_| !self.denylists_separately);
        let also_revoke =
            also_revoke.and_then(|token| Some((token.id, self.policy.entry_lifetime(token, request_time)?)));
        let mut call = ScriptCall::new(&END, &[&record, &sessions]).at_any_clock().arg(
            self.mode(Packed::default().numbers(self.end_times(request_time)))
                .optional(also_revoke.as_ref().map(|(id, _)| id.as_bytes()))
                .bytes(end.reason.name().as_bytes()),
        );
        if let Some((id, lifetime)) = also_revoke {
            call = call.arg(keys::revoked(id)).arg(lifetime);
        }
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
        let sessions = keys::sessions(user_id);
        let request_time = self.store.on_server_clock(&sessions, request_time).await?;
        let end_all = Packed::default().numbers(self.end_times(request_time));
        let end_all = end_all.numbers([LEGACY_TOKEN_LIFETIME]).small(END_BATCH);
        let call = ScriptCall::new(&END_ALL, &[&sessions, &keys::legacy_rejected(user_id)])
            .at_any_clock()
            .arg(self.mode(end_all))
            .arg(keys::session_prefix(user_id))
            .arg(keys::refresh_prefix(user_id))
            .arg(reason.name());
        let mut ended = 0;
        // Ends because a call does not find the sessions of the previous one again; the deadline bounds it as well.
        loop {
            let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
            reply.text()?;
            ended += usize::try_from(reply.number()?).unwrap_or(0);
            let (may_be_more, unreadable) = (reply.number()? == 1, reply.number()?);
            self.denylist(user_id, &mut reply, None, request_time).await?;
            if unreadable > 0 {
                return Err(PortError::corrupt(UNREADABLE_RECORDS));
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
        let sessions = keys::sessions(user_id);
        let request_time = self.store.on_server_clock(&sessions, request_time).await?;
        let call = ScriptCall::new(&LIST, &[&sessions])
            .at_any_clock()
            .arg(keys::session_prefix(user_id))
            .arg(self.format.number());
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
