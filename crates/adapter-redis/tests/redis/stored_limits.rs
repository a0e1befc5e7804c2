//! The stored records of the login limit, read without the adapter.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write;

use auth_domain::model::attempt_window::{
    Attempt, AttemptState, DailyClass, DailyCount, LimitRecords, Success,
};
use auth_domain::model::{LimitKey, LoginAttempt, LoginLimit, TicketId};
use redis::aio::MultiplexedConnection;

type Scored = Vec<(Vec<u8>, i64)>;

pub(crate) async fn read(connection: &mut MultiplexedConnection, attempt: &LoginAttempt) -> LimitRecords {
    let origin = attempt.origin.unwrap();
    let mut windows = attempt.counted_on(false);
    windows.push((LoginLimit::Pair, origin.pair));
    let mut pipeline = redis::pipe();
    pipeline.cmd("GET").arg(format!("auth:login-daily:{{login}}:{}", hex(attempt.email)));
    for name in [
        format!("auth:known:{{login}}:{}", hex(attempt.email)),
        format!("auth:known-emails:{{login}}:{}", hex(origin.address)),
    ]
    .into_iter()
    .chain(windows.iter().map(|(limit, key)| format!("auth:login-failures:{{login}}:{limit}:{}", hex(*key))))
    {
        pipeline.cmd("ZRANGE").arg(name).arg(0).arg(-1).arg("WITHSCORES");
    }
    let replies: Vec<redis::Value> = pipeline.query_async(connection).await.unwrap();
    let daily: Option<Vec<u8>> = redis::from_redis_value(replies[0].clone()).unwrap();
    let mut scored =
        replies[1..].iter().map(|reply| redis::from_redis_value::<Scored>(reply.clone()).unwrap());

    let mut records = LimitRecords::default();
    records.known_addresses = successes(scored.next().unwrap());
    records.known_emails = successes(scored.next().unwrap());
    records.daily = daily.map(|packed| daily_count(&packed));
    for ((_, key), window) in windows.iter().zip(scored) {
        records.set_window(*key, window.iter().map(|(member, at)| read_attempt(member, *at)).collect());
    }
    records
}

fn successes(scored: Scored) -> Vec<Success> {
    let success =
        |(pair, at): (Vec<u8>, i64)| Success { pair: LimitKey::from_bytes(pair.try_into().unwrap()), at };
    scored.into_iter().map(success).collect()
}

/// Reads a member: the state, the keyed hash of the email, the ticket.
fn read_attempt(member: &[u8], at: i64) -> Attempt {
    let state = match member[0] {
        b'p' => AttemptState::InFlight,
        b'f' => AttemptState::Failed,
        other => panic!("an unknown state: {other}"),
    };
    Attempt {
        at,
        ticket: TicketId::from_bytes(member[17..].try_into().unwrap()),
        email: LimitKey::from_bytes(member[1..17].try_into().unwrap()),
        state,
    }
}

/// Reads a daily count: the hour, the last attempts of both classes, and two bytes for each hour of each class.
fn daily_count(packed: &[u8]) -> DailyCount {
    assert_eq!(packed.len(), 4 + 2 * 8 + 2 * 25 * 2);
    #[expect(clippy::cast_possible_truncation, reason = "microseconds are whole numbers")]
    let last = |from: usize| f64::from_le_bytes(packed[from..from + 8].try_into().unwrap()) as i64;
    let attempts = |from: usize| {
        std::array::from_fn(|age| u16::from_le_bytes([packed[from + 2 * age], packed[from + 2 * age + 1]]))
    };
    DailyCount {
        hour: u32::from_le_bytes(packed[..4].try_into().unwrap()).into(),
        unknown: DailyClass { last: last(4), attempts: attempts(20) },
        known: DailyClass { last: last(12), attempts: attempts(70) },
    }
}

pub(crate) fn hex(key: LimitKey) -> String {
    hex_of(key.as_bytes())
}

pub(crate) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
