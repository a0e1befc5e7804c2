//! What must hold in every state, and at every step.

use std::fmt;

use auth_domain::model::session_rules::Change;
use auth_domain::model::{Rotation, SessionRecord, to_unix_microseconds};

use crate::calls::{self, ACCESS_TTL, LEEWAY, Token, at};
use crate::history::Grant;
use crate::request::{Operation, Refresh, Request};
use crate::rules::Rules;
use crate::scenario::Retries;
use crate::store::Store;
use crate::world::World;

/// The number of a successor that no request makes.
const PROBE: Token = 200;

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// S-47: one call gets the successor of a token, or several get the same one by a retry or a shared refresh.
    SingleUse,
    /// S-48: a used token that is presented again outside the grace period ends the session.
    ReuseEndsTheSession,
    /// S-60: after the response to an end, every access token of the session is denylisted.
    EndRevokesAccessTokens,
    /// S-64: after the response to an end, no call gets tokens of the session, and no refresh token of it is alive.
    NothingAfterTheEnd,
    /// At most one refresh token of a session can be rotated.
    OneLiveRefreshToken,
    /// No honest client is logged out, except in the cases of [`AllowedLogout`].
    NoHonestLogout,
    /// A logout without a response can be repeated: the access token of its caller is denylisted last.
    LogoutIsRepeatable,
    /// A rotation that a failover forgot has a reason of its own.
    LostRotationHasItsReason,
}

/// A broken invariant.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is broken: {}", self.invariant, self.text)
    }
}

pub(crate) fn broken(invariant: Invariant, text: impl Into<String>) -> Violation {
    Violation { invariant, text: text.into() }
}

/// Checks a call that gets tokens.
pub(crate) fn check_grant(world: &World, grant: &Grant) -> Result<(), Violation> {
    let history = &world.history;
    if history.has_ended(grant.session) {
        return Err(broken(Invariant::NothingAfterTheEnd, format!("{grant:?} after the end")));
    }
    let of_others = history.grants_of(grant.session).filter(|other| other.request != grant.request);
    let mut of_token =
        of_others.filter(|other| grant.presented.is_some() && other.presented == grant.presented);
    match of_token.find(|other| other.successor != grant.successor) {
        Some(other) => Err(broken(Invariant::SingleUse, format!("{grant:?} and {other:?}"))),
        None => Ok(()),
    }
}

/// Checks that reuse, and nothing else, ends a session.
pub(crate) fn check_reuse(
    world: &World,
    request: &Request,
    refresh: Refresh,
    before: Option<&SessionRecord>,
    outcome: &Rotation,
    changes: &[(u8, Change)],
) -> Result<(), Violation> {
    let now = to_unix_microseconds(at(request.now));
    let Some(before) = before.filter(|record| record.end_reason().is_none() && now < record.expires_at)
    else {
        return Ok(());
    };
    let is_reuse = matches!(outcome, Rotation::ReuseDetected { .. });
    let must_be_reuse = world.history.is_lost(refresh.presented) || is_used(world, request, refresh);
    let ends = changes.iter().any(|(_, change)| change.record.end_reason().is_some());
    let text = || format!("{refresh:?} of {request:?} gets {outcome:?}; the record was {before:?}");
    match (must_be_reuse, is_reuse && ends) {
        // The repeat of a call without an answer is not judged as reuse of an older token.
        (true, false) if !request.is_repeat => Err(broken(Invariant::ReuseEndsTheSession, text())),
        (false, true) => Err(broken(Invariant::NoHonestLogout, text())),
        _ => Ok(()),
    }
}

/// Whether the token was used before, and the call is neither a retry nor within the grace period.
fn is_used(world: &World, request: &Request, refresh: Refresh) -> bool {
    let mut rotations = world.history.rotations_of(refresh.session);
    let Some(last) = rotations.next_back() else { return false };
    if last.from != refresh.presented {
        return rotations.any(|rotation| rotation.from == refresh.presented) && !request.is_repeat;
    }
    let is_retry = refresh.key.is_some() && refresh.key == last.key;
    let is_in_grace_period = u64::from(request.now.abs_diff(last.at)) < LEEWAY.as_secs();
    !is_retry && !is_in_grace_period && last.to != request.number
}

/// Checks that a logout denylists every other access token of the session before that of its caller.
pub(crate) fn check_caller_is_last(world: &World, request: &Request, token: Token) -> Result<(), Violation> {
    let Operation::Logout { session, bearer, .. } = request.operation else { return Ok(()) };
    if bearer != token || request.is_forgotten {
        return Ok(());
    }
    let alive = alive_access_tokens(world, session);
    let alive: Vec<_> = alive.filter(|known| *known != bearer).collect();
    if alive.is_empty() {
        Ok(())
    } else {
        Err(broken(Invariant::LogoutIsRepeatable, format!("{alive:?} live")))
    }
}

fn alive_access_tokens(world: &World, session: u8) -> impl Iterator<Item = Token> {
    let is_alive = |grant: &&Grant| {
        let is_expired = u64::from(world.now) >= u64::from(grant.at) + ACCESS_TTL.as_secs();
        let is_lost = world.history.lost_access & (1 << grant.request) != 0;
        !is_expired && !is_lost && !world.store.is_denylisted(grant.request)
    };
    world.history.grants_of(session).filter(is_alive).map(|grant| grant.request)
}

/// Checks the state after an action.
pub(crate) fn check_state(
    world: &World,
    before: &Store,
    retries: Retries,
    rules: Rules,
) -> Result<(), Violation> {
    for session in 0..world.sessions {
        let has_ended = world.history.has_ended(session);
        if has_ended && let Some(token) = alive_access_tokens(world, session).next() {
            let text = format!("the access token {token} is alive after the end of its session");
            return Err(broken(Invariant::EndRevokesAccessTokens, text));
        }
        let record = world.store.record(session);
        if has_ended || record != before.record(session) {
            check_refresh_tokens(world, session, record, retries, rules)?;
        }
    }
    Ok(())
}

/// Presents every refresh token of the session to the rules, with a successor of its own.
fn check_refresh_tokens(
    world: &World,
    session: u8,
    record: Option<&SessionRecord>,
    retries: Retries,
    rules: Rules,
) -> Result<(), Violation> {
    let mut tokens: Vec<_> = world.history.grants_of(session).map(|grant| grant.successor).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let mut live = Vec::new();
    for token in tokens {
        let probe = Refresh { session, presented: token, key: None };
        let rotate = calls::rotation(probe, PROBE, world.now, retries);
        match rules.rotate(record, &rotate, world.now).outcome {
            Rotation::Rotated => live.push(token),
            Rotation::Retried(_) | Rotation::Shared { .. } if world.history.has_ended(session) => {
                live.push(token);
            }
            _ => {}
        }
    }
    if world.history.has_ended(session) && !live.is_empty() {
        return Err(broken(Invariant::NothingAfterTheEnd, format!("the refresh tokens {live:?} are alive")));
    }
    if live.len() > 1 {
        return Err(broken(Invariant::OneLiveRefreshToken, format!("the refresh tokens {live:?} are alive")));
    }
    Ok(())
}
