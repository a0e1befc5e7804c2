//! An instance of the release before, as a rolling upgrade has it: its scripts, called with its arguments.

use auth_domain::model::{
    ConcurrentRefresh, EndReason, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES, NewSession, Rotate, SealedSuccessor,
    SessionRef, to_microseconds, to_unix_microseconds,
};
use auth_testkit::servers::RedisServer;
use auth_testkit::{DENYLIST_MARGIN, START};
use redis::aio::MultiplexedConnection;
use redis::{Script, ScriptInvocation, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::stored_limits::hex_of;
use crate::support::{REVOCATION, connection};

/// The deadline is in the year 2255.
const NEVER: i64 = 9_000_000_000_000_000;

macro_rules! script {
    ($($part:literal)+) => {
        Script::new(concat!(
            include_str!("release_before/common.lua"),
            include_str!("release_before/session_rules.lua"),
            $(include_str!(concat!("release_before/", $part))),+
        ))
    };
}

/// The scripts of the release before, on one server.
pub(crate) struct ReleaseBefore {
    connection: MultiplexedConnection,
    open: Script,
    rotate: Script,
    end: Script,
    complete: Script,
}

impl ReleaseBefore {
    pub(crate) async fn on(server: &RedisServer) -> Self {
        Self {
            connection: connection(server).await,
            open: script!("open.lua"),
            rotate: script!("rotate.lua"),
            end: script!("end.lua"),
            complete: script!("denylist.lua" "complete.lua"),
        }
    }

    pub(crate) async fn open(&self, session: &NewSession, now: OffsetDateTime) {
        let token = &session.refresh_token;
        let mut call = self.open.key(record(token.session));
        call.key(refresh(token.session, &token.value)).key(sessions(token.session));
        call.arg(to_unix_microseconds(now))
            .arg(token.session.session_id.to_string())
            .arg(session.tenant_id.to_string())
            .arg(hex_of(&token.value))
            .arg(to_unix_microseconds(session.expires_at))
            .arg(to_unix_microseconds(session.ends_at))
            .arg(session.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(session.access_token.expires_at))
            .arg(session.max_sessions);
        revocation(&mut call);
        for _no_predecessor in 0..5 {
            call.arg("");
        }
        assert_eq!(self.run(call).await, ["opened"]);
    }

    /// Returns the reply: the outcome, and what belongs to it.
    pub(crate) async fn rotate(&self, rotate: &Rotate, now: OffsetDateTime) -> Vec<String> {
        let session = rotate.presented.session;
        let mut call = self.rotate.key(record(session));
        call.key(refresh(session, &rotate.presented.value))
            .key(refresh(session, &rotate.successor.value))
            .key(sessions(session))
            .key(format!("auth:refreshes:{{{}}}", session.user_id));
        call.arg(to_unix_microseconds(now))
            .arg(session.session_id.to_string())
            .arg(rotate.tenant_id.to_string())
            .arg(hex_of(&rotate.presented.value))
            .arg(hex_of(&rotate.successor.value))
            .arg(to_unix_microseconds(rotate.expires_at))
            .arg(to_microseconds(rotate.reuse_leeway))
            .arg(rotate.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(rotate.access_token.expires_at))
            .arg(rotate.released.as_ref().map_or(&[][..], |released| released.as_bytes()));
        let (tag, sealed, rest) = retry(rotate.retry.as_ref());
        call.arg(tag).arg(sealed).arg(rest).arg(MAX_LIVE_ACCESS_TOKENS);
        revocation(&mut call);
        call.arg(rotate.rotated_from.as_ref().map_or(&[][..], |address| address.as_bytes()))
            .arg(u8::from(rotate.concurrent_refresh == ConcurrentRefresh::Share))
            .arg(rotate.limits.per_session.map_or(0, u32::from))
            .arg(rotate.limits.per_user.map_or(0, u32::from))
            .arg(MAX_RETRIES)
            .arg(u8::from(rotate.is_repeat));
        self.run(call).await
    }

    /// Ends a session in both of its calls.
    pub(crate) async fn end(&self, session: SessionRef, reason: EndReason) -> Vec<String> {
        let mut call = self.end.key(record(session));
        call.key(sessions(session));
        call.arg(to_unix_microseconds(START))
            .arg(session.session_id.to_string())
            .arg(reason.name())
            .arg(format!("auth:refresh:{{{}}}:", session.user_id));
        revocation(&mut call);
        let Value::Array(reply) = self.reply(call).await else { panic!("no list") };
        let (outcome, tokens) = reply.split_first().unwrap();
        // Session id, token id and expiry of each.
        let ids: Vec<_> = tokens.iter().skip(1).step_by(3).map(bytes).collect();
        let mut call = self.complete.prepare_invoke();
        for id in &ids {
            call.key(format!("auth:jwt:revoked:{}", Uuid::from_slice(id).unwrap()));
        }
        call.key(record(session)).key(sessions(session)).arg(ids.len());
        for _ in &ids {
            call.arg(to_microseconds(REVOCATION.access_ttl) / 1_000);
        }
        call.arg(session.session_id.to_string());
        assert_eq!(self.run(call).await, ["completed"]);
        vec![String::from_utf8(bytes(outcome)).unwrap()]
    }

    async fn run(&self, call: ScriptInvocation<'_>) -> Vec<String> {
        let Value::Array(reply) = self.reply(call).await else { panic!("no list") };
        reply.iter().map(|value| String::from_utf8_lossy(&bytes(value)).into_owned()).collect()
    }

    /// Adds the last arguments, which let the script run at any clock.
    async fn reply(&self, mut call: ScriptInvocation<'_>) -> Value {
        call.arg("").arg("").arg(NEVER);
        call.invoke_async(&mut self.connection.clone()).await.unwrap()
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::BulkString(bytes) => bytes.clone(),
        Value::Int(number) => number.to_string().into_bytes(),
        other => panic!("{other:?}"),
    }
}

/// The margin of the denylist, and the lifetime of a tombstone.
fn revocation(call: &mut ScriptInvocation<'_>) {
    call.arg(to_microseconds(DENYLIST_MARGIN)).arg(to_microseconds(REVOCATION.access_ttl + DENYLIST_MARGIN));
}

fn retry(retry: Option<&SealedSuccessor>) -> (&[u8], &[u8], &[u8]) {
    let Some(retry) = retry else { return (&[], &[], &[]) };
    let (sealed, rest) = retry.sealed.split_at(64);
    (retry.tag.as_ref().map_or(b"-", |tag| tag.as_bytes()), sealed, rest)
}

fn record(session: SessionRef) -> String {
    format!("auth:session:{{{}}}:{}", session.user_id, session.session_id)
}

fn refresh(session: SessionRef, digest: &[u8]) -> String {
    format!("auth:refresh:{{{}}}:{}", session.user_id, hex_of(digest))
}

fn sessions(session: SessionRef) -> String {
    format!("auth:sessions:{{{}}}", session.user_id)
}
