//! The step of a refresh that rotates.

use auth_domain::model::session_rules::{Change, rotation_may_be_lost};
use auth_domain::model::{Rotation, to_unix_microseconds};

use crate::calls::{self, Token, at};
use crate::fault::Fault;
use crate::history::{Grant, RotationMade};
use crate::invariants::{self, Violation};
use crate::rejections;
use crate::request::{Refresh, Rejection, Request, Response, Step};
use crate::rules::Rules;
use crate::scenario::Retries;
use crate::service::store;
use crate::world::World;

/// Rotates, and notes what was granted.
pub(crate) fn rotate(
    world: &mut World,
    request: &Request,
    refresh: Refresh,
    retries: Retries,
    rules: Rules,
) -> Result<Step, Violation> {
    let session = refresh.session;
    let mut rotate = calls::rotation(refresh, request.number, request.now, retries);
    rotate.is_repeat = request.is_repeat;
    rotate.releases_oldest = world.store.is_one_server;
    let before = world.store.record(session).cloned();
    let decision = rules.rotate(before.as_ref(), &rotate, request.now);
    let changes: Vec<_> = decision.change.into_iter().map(|change| (session, change)).collect();
    invariants::check_reuse(world, request, refresh, before.as_ref(), &decision.outcome, &changes)?;
    let rejection = match &decision.outcome {
        Rotation::Rotated => {
            note_rotation(world, request, refresh, &changes, before.as_ref().map(|record| record.current[0]));
            return grant(world, request, Some(refresh), request.number, changes, rules);
        }
        Rotation::Retried(sealed) | Rotation::Shared { sealed, .. } => {
            let successor = calls::open_sealed(sealed, refresh.presented).unwrap();
            return grant(world, request, Some(refresh), successor, changes, rules);
        }
        Rotation::AlreadyUsed { .. } => Rejection::AlreadyUsed,
        Rotation::ReuseDetected { .. } => {
            let rotated_at = before.as_ref().map_or(0, |record| record.rotated_at);
            let failed_over_at = world.history.failed_over_at.map(|time| to_unix_microseconds(at(time)));
            let is_predecessor =
                before.as_ref().is_some_and(|record| record.previous == Some(rotate.presented.value));
            let may_be_lost = rules.fault != Some(Fault::LostRotationsHaveNoReason)
                && rotation_may_be_lost(is_predecessor, rotated_at, failed_over_at);
            Rejection::Reuse { may_be_lost }
        }
        Rotation::Ended(reason) => Rejection::Ended(*reason),
        Rotation::Expired => Rejection::Expired,
        Rotation::Unknown => Rejection::Unknown,
        other => panic!("not explored: {other:?}"),
    };
    if matches!(rejection, Rejection::Reuse { .. }) && request.is_honest {
        let blame = rejections::judge(world, request, refresh, rejection, retries)?;
        world.history.blamed.push((session, blame));
    }
    Ok(store(world, changes, Response::Rejected(rejection), rules))
}

/// Notes that the store has a new current token.
fn note_rotation(
    world: &mut World,
    request: &Request,
    refresh: Refresh,
    changes: &[(u8, Change)],
    current: Option<Token>,
) {
    let is_new = changes.iter().any(|(_, change)| Some(change.record.current[0]) != current);
    if is_new {
        world.history.rotations.push(RotationMade {
            session: refresh.session,
            from: refresh.presented,
            to: request.number,
            key: refresh.key,
            at: request.now,
            is_after_failover: world.history.failed_over_at.is_some(),
        });
    }
}

/// Stores the changes of a call that gets tokens.
pub(crate) fn grant(
    world: &mut World,
    request: &Request,
    refresh: Option<Refresh>,
    successor: Token,
    changes: Vec<(u8, Change)>,
    rules: Rules,
) -> Result<Step, Violation> {
    let grant = Grant {
        request: request.number,
        session: request.operation.session().unwrap_or_default(),
        presented: refresh.map(|refresh| refresh.presented),
        successor,
        key: refresh.and_then(|refresh| refresh.key),
        at: request.now,
    };
    invariants::check_grant(world, &grant)?;
    // A failover may have forgotten the call, which is repeated.
    world.history.lost_refresh &= !(1 << successor);
    world.history.lost_access &= !(1 << request.number);
    if world.history.grants.iter().all(|known| known.request != grant.request) {
        world.history.grants.push(grant);
    }
    Ok(store(world, changes, Response::Tokens(successor), rules))
}
