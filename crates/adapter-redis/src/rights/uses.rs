//! Each command that the scripts and the ports use, on a key of each kind.

use auth_domain::model::{
    LegacyRefreshToken, LimitKey, RefreshTokenDigest, SessionId, SessionRef, TokenId, UserId,
};
use uuid::Uuid;

use crate::keys;

/// A key, and a command with its arguments after the key.
pub(super) type Use = (String, Words);
type Words = &'static [&'static str];

// With these arguments, each command but HSET changes nothing if its key does not exist. Redis checks the rights before.
const DEL: Words = &["DEL"];
const EXISTS: Words = &["EXISTS"];
const GET: Words = &["GET"];
const GETDEL: Words = &["GETDEL"];
const HDEL: Words = &["HDEL", "v"];
const HGETALL: Words = &["HGETALL"];
const HMGET: Words = &["HMGET", "v"];
const HSET: Words = &["HSET", "v", "1"];
const PEXPIRE: Words = &["PEXPIRE", "1"];
const PTTL: Words = &["PTTL"];
const SET: Words = &["SET", "1", "XX", "PX", "1"];
const ZADD: Words = &["ZADD", "XX", "0", "m"];
const ZCARD: Words = &["ZCARD"];
const ZRANGE: Words = &["ZRANGE", "0", "-1"];
const ZREM: Words = &["ZREM", "m"];
const ZREMRANGEBYSCORE: Words = &["ZREMRANGEBYSCORE", "-inf", "-1"];
const ZSCORE: Words = &["ZSCORE", "m"];

// HDEL removes what HSET has written, and with it the key. The script performs HSET only if HDEL was performed before.
const RECORD: &[Words] = &[HDEL, HSET, HGETALL, HMGET, HDEL, DEL, GET, SET, EXISTS, PTTL, PEXPIRE];
const SESSION_IDS: &[Words] = &[ZRANGE, ZREM, ZCARD, ZADD, PTTL, PEXPIRE];
const WINDOW: &[Words] = &[ZRANGE, ZREM, ZADD, ZSCORE, ZREMRANGEBYSCORE, PEXPIRE];
const KNOWN_ADDRESSES: &[Words] = &[ZRANGE, ZREM, ZADD, ZSCORE, ZCARD, ZREMRANGEBYSCORE, PEXPIRE, DEL];
const KNOWN_EMAILS: &[Words] = &[ZRANGE, ZREM, ZADD, ZCARD, ZREMRANGEBYSCORE, PEXPIRE];
const DAILY_INDEX: &[Words] = &[ZRANGE, ZREM, ZADD, ZSCORE, ZCARD, ZREMRANGEBYSCORE, PEXPIRE];

/// Returns the uses, on keys of ids that nothing has.
pub(super) fn uses() -> Vec<Use> {
    let user = UserId::from_uuid(Uuid::nil());
    let session = SessionRef { user_id: user, session_id: SessionId::from_uuid(Uuid::nil()) };
    let limit_key = LimitKey::from_bytes([0; 16]);
    let mut kinds = vec![
        (keys::session(session), RECORD),
        (keys::refresh(&RefreshTokenDigest { session, value: [0; 32] }), &[PEXPIRE, SET, DEL]),
        (keys::sessions(user), SESSION_IDS),
        (keys::refreshes(user), &[GET, SET]),
        (keys::revoked(TokenId::from_uuid(Uuid::nil())), &[EXISTS, SET, PTTL]),
        (keys::email_attempts(limit_key), WINDOW),
        (keys::pair_attempts(limit_key), WINDOW),
        (keys::address_attempts(limit_key), WINDOW),
        (keys::network_attempts(limit_key), WINDOW),
        (keys::known_addresses(limit_key), KNOWN_ADDRESSES),
        (keys::known_emails(limit_key), KNOWN_EMAILS),
        (keys::daily_count(limit_key), &[GET, SET, DEL]),
        // Not the index itself, which exists: a command on it could change it.
        (format!("{}:", keys::DAILY_COUNTS), DAILY_INDEX),
        (keys::legacy_rejected(user), &[EXISTS, SET]),
    ];
    if let Some(token) = LegacyRefreshToken::parse(&"0".repeat(LegacyRefreshToken::LENGTH)) {
        kinds.extend([
            (keys::legacy_refresh(&token), &[GET, GETDEL] as &[Words]),
            (keys::legacy_successor(&token, user), &[GET, SET, DEL]),
            (keys::legacy_holder(&token), &[GET, SET]),
        ]);
    }
    let each = |(key, commands): (String, &'static [Words])| {
        commands.iter().map(move |words| (key.clone(), *words)).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::{fs, path::Path};

    use super::*;

    // S-94
    #[test]
    fn each_command_of_a_script_is_in_the_list() {
        let listed: BTreeSet<_> = uses().iter().map(|(_, words)| words[0].to_owned()).collect();
        let mut called = BTreeSet::new();
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lua")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let names = text.split("call('").skip(1).filter_map(|call| call.split('\'').next());
            called.extend(names.map(str::to_owned));
        }
        // Each script begins with it, and readiness sends it.
        assert!(called.remove("TIME"));
        assert_eq!(called, listed);
    }
}
