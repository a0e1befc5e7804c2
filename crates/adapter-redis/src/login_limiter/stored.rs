//! What the scripts store, as the rules read it.

use auth_domain::model::attempt_window::{
    Attempt, AttemptState, DailyClass, DailyCount, HOURS, LimitRecords, Success,
};
use auth_domain::model::{LimitKey, TicketId};
use auth_domain::ports::PortError;

use crate::error::unexpected_reply;
use crate::script_reply::ScriptReply;

/// Reads the reply of `limit_status.lua`.
pub(super) fn records(email: LimitKey, mut reply: ScriptReply) -> Result<LimitRecords, PortError> {
    reply.text()?;
    let daily = daily_count(&reply.bytes()?)?;
    let mut records = LimitRecords::default();
    for _ in 0..reply.number()? {
        let pair = reply.bytes()?.try_into().map_err(|_| unexpected_reply("an invalid known address"))?;
        records.known_addresses.push(Success { pair: LimitKey::from_bytes(pair), at: reply.number()? });
    }
    let mut window = Vec::new();
    while !reply.is_empty() {
        let member = reply.bytes()?;
        window.push(attempt(&member, reply.number()?)?);
    }
    records.set_window(email, window);
    records.daily = daily;
    Ok(records)
}

/// Reads a member of a window: the state, the keyed hash of the email, the ticket.
fn attempt(member: &[u8], at: i64) -> Result<Attempt, PortError> {
    let parts = member.split_first().and_then(|(state, keys)| {
        let (email, ticket) = keys.split_first_chunk()?;
        Some((*state, *email, ticket.try_into().ok()?))
    });
    let (state, email, ticket) = parts.ok_or_else(|| unexpected_reply("an invalid login attempt"))?;
    let state = if state == b'f' { AttemptState::Failed } else { AttemptState::InFlight };
    Ok(Attempt { at, ticket: TicketId::from_bytes(ticket), email: LimitKey::from_bytes(email), state })
}

/// Reads a daily count as `login_limits.lua` packs it; `None` if there is none.
fn daily_count(packed: &[u8]) -> Result<Option<DailyCount>, PortError> {
    if packed.is_empty() {
        return Ok(None);
    }
    unpack(packed).map(Some).ok_or_else(|| unexpected_reply("an invalid daily count"))
}

fn unpack(packed: &[u8]) -> Option<DailyCount> {
    let (hour, rest) = packed.split_first_chunk()?;
    let (unknown_last, rest) = rest.split_first_chunk()?;
    let (known_last, rest) = rest.split_first_chunk()?;
    let (pairs, []) = rest.as_chunks::<2>() else { return None };
    let counts: Vec<u16> = pairs.iter().copied().map(u16::from_le_bytes).collect();
    let (unknown, known) = counts.split_at_checked(HOURS)?;
    Some(DailyCount {
        hour: u32::from_le_bytes(*hour).into(),
        unknown: class(*unknown_last, unknown)?,
        known: class(*known_last, known)?,
    })
}

fn class(last: [u8; 8], attempts: &[u16]) -> Option<DailyClass> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Lua writes whole microseconds, which a double has exactly"
    )]
    let last = f64::from_le_bytes(last) as i64;
    Some(DailyClass { last, attempts: attempts.try_into().ok()? })
}
