//! Reads session records, not through the adapter.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use auth_domain::model::{
    EndReason, LimitKey, LiveAccessToken, RefreshMinute, RetryTag, SealedSuccessor, SessionRecord,
    SessionRef, SessionState, TenantId, TokenId, from_unix_microseconds,
};
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

/// The record of a session, in whichever format it is; `None` if there is none.
pub(crate) async fn read(
    connection: &mut MultiplexedConnection,
    session: SessionRef,
) -> Option<SessionRecord> {
    let name = format!("auth:session:{{{}}}:{}", session.user_id, session.session_id);
    let kind: String = redis::cmd("TYPE").arg(&name).query_async(connection).await.unwrap();
    match kind.as_str() {
        "hash" => {
            let fields = redis::cmd("HGETALL").arg(&name).query_async(connection).await.unwrap();
            Some(Fields(fields).record())
        }
        "string" => {
            let packed: Vec<u8> = redis::cmd("GET").arg(&name).query_async(connection).await.unwrap();
            Some(Bytes(&packed).record())
        }
        "none" => None,
        other => panic!("a record is a {other}"),
    }
}

/// The last minute with refreshes of a user: text, or packed by an instance that writes format 2.
pub(crate) fn minute(stored: &[u8]) -> RefreshMinute {
    let (started_at, refreshes) = if stored.len() == 11 {
        (Bytes(stored).number(7), Bytes(&stored[7..]).number(4))
    } else {
        let at = stored.iter().position(|byte| *byte == b' ').unwrap();
        (number(&stored[..at]), number(&stored[at + 1..]))
    };
    RefreshMinute { started_at, refreshes: refreshes.try_into().unwrap() }
}

/// What is left of a record in format 2.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn record(mut self) -> SessionRecord {
        assert_eq!(self.number(1), 2, "the format");
        let (state, tokens, has_address) = (self.number(1), self.number(1), self.number(1) == 1);
        let tenant_id = TenantId::from_uuid(Uuid::from_bytes(self.take()));
        let (current, previous): ([u8; 32], [u8; 32]) = (self.take(), self.take());
        let address = LimitKey::from_bytes(self.take());
        let [created_at, rotated_at, expires_at, ends_at, _kept, at] =
            [7; 6].map(|length| self.number(length));
        let (refreshes, generation, retries) = (self.number(4), self.number(4), self.number(1));
        let live_tokens = (0..tokens).map(|_| {
            let expires_at = from_unix_microseconds(self.number(7)).unwrap();
            LiveAccessToken { id: TokenId::from_uuid(Uuid::from_bytes(self.take())), expires_at }
        });
        let live_tokens = live_tokens.collect();
        let state = match (state, std::str::from_utf8(self.0)) {
            (0, _) => SessionState::Live,
            (1, Ok(reason)) => SessionState::Ended { at, reason: EndReason::from_name(reason).unwrap() },
            (2, Ok(reason)) => SessionState::Pending { at, reason: EndReason::from_name(reason).unwrap() },
            other => panic!("{other:?}"),
        };
        let is_live = state == SessionState::Live;
        SessionRecord {
            tenant_id,
            created_at,
            rotated_at,
            expires_at,
            ends_at,
            current,
            previous: (previous != [0; 32]).then_some(previous),
            generation: generation.try_into().unwrap(),
            retry: (is_live && !self.0.is_empty()).then(|| self.sealed()),
            retries: retries.try_into().unwrap(),
            minute: (is_live && at != 0)
                .then(|| RefreshMinute { started_at: at, refreshes: refreshes.try_into().unwrap() }),
            rotated_from: has_address.then_some(address),
            live_tokens,
            state,
        }
    }

    fn sealed(&mut self) -> SealedSuccessor {
        let tag: [u8; 16] = self.take();
        let tag = (tag != [0; 16]).then(|| RetryTag::from_bytes(tag));
        SealedSuccessor { tag, sealed: self.0.to_vec() }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk().unwrap();
        self.0 = rest;
        *taken
    }

    fn number(&mut self, length: usize) -> i64 {
        let (number, rest) = self.0.split_at(length);
        self.0 = rest;
        number.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    }
}

/// The fields of a stored session, in the order of the hash.
struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    fn record(&self) -> SessionRecord {
        assert_eq!(self.number("v"), 1, "the format");
        SessionRecord {
            tenant_id: self.text("tenant").unwrap().parse().unwrap(),
            created_at: self.number("created"),
            rotated_at: self.number("rotated"),
            expires_at: self.number("expires"),
            ends_at: self.number("ends"),
            current: digest(&self.text("current").unwrap()),
            previous: self.text("previous").map(|previous| digest(&previous)),
            generation: self.number("generation").try_into().unwrap(),
            retry: self.retry(),
            retries: self.bytes("retries").map_or(0, |retries| number(&retries).try_into().unwrap()),
            minute: self.bytes("minute").map(|started_at| RefreshMinute {
                started_at: number(&started_at),
                refreshes: self.number("refreshes").try_into().unwrap(),
            }),
            rotated_from: self
                .bytes("from")
                .filter(|address| !address.is_empty())
                .map(|address| LimitKey::from_bytes(address.try_into().unwrap())),
            live_tokens: self.live_tokens(),
            state: self.state(),
        }
    }

    fn retry(&self) -> Option<SealedSuccessor> {
        let tag = self.bytes("replay_tag")?;
        let tag = (tag != b"-").then(|| RetryTag::from_bytes(tag.try_into().unwrap()));
        let sealed = [self.bytes("replay").unwrap(), self.bytes("replay_rest").unwrap()].concat();
        Some(SealedSuccessor { tag, sealed })
    }

    fn live_tokens(&self) -> Vec<LiveAccessToken> {
        let tokens = self.0.iter().filter(|(name, _)| name.len() == 17 && name.first() == Some(&b't'));
        let token = |(name, expiry): &(Vec<u8>, Vec<u8>)| LiveAccessToken {
            id: TokenId::from_uuid(Uuid::from_slice(&name[1..]).unwrap()),
            expires_at: from_unix_microseconds(number(expiry)).unwrap(),
        };
        tokens.map(token).collect()
    }

    fn state(&self) -> SessionState {
        let Some(at) = self.bytes("ended").map(|at| number(&at)) else { return SessionState::Live };
        let reason = EndReason::from_name(&self.text("reason").unwrap()).unwrap();
        if self.bytes("pending").is_some() {
            SessionState::Pending { at, reason }
        } else {
            SessionState::Ended { at, reason }
        }
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(field, _)| field == name.as_bytes()).map(|(_, value)| value.clone())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|value| String::from_utf8(value).unwrap())
    }

    fn number(&self, name: &str) -> i64 {
        number(&self.bytes(name).unwrap_or_else(|| panic!("no field {name}")))
    }
}

fn number(value: &[u8]) -> i64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

fn digest(hex: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}
