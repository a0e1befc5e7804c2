//! Whether rejections of an honest client are allowed.

use crate::allowed::AllowedLogout;
use crate::calls;
use crate::invariants::{Invariant, Violation, broken};
use crate::request::{Refresh, Rejection, Request};
use crate::scenario::Retries;
use crate::world::World;

/// Returns why an honest client may get this rejection.
pub(crate) fn judge(
    world: &World,
    request: &Request,
    refresh: Refresh,
    rejection: Rejection,
    retries: Retries,
) -> Result<AllowedLogout, Violation> {
    let (history, session) = (&world.history, refresh.session);
    if history.is_lost(refresh.presented) {
        // It may have been rejected before the failover.
        if !request.is_forgotten {
            check_reason(world, refresh, rejection)?;
        }
        return Ok(AllowedLogout::LostByAFailover);
    }
    let has_bit = |bits: u8| bits & (1 << session) != 0;
    let blamed = history.blamed.iter().find(|(blamed, _)| *blamed == session).map(|(_, reason)| *reason);
    let mut rotations = history.rotations_of(session);
    let last = rotations.next_back();
    let by_last = last.filter(|last| last.from == refresh.presented && last.to != request.number);
    let reason = match rejection {
        _ if has_bit(history.stolen) => Some(AllowedLogout::Stolen),
        Rejection::Expired if is_idle(world, request, refresh) => Some(AllowedLogout::Idle),
        Rejection::AlreadyUsed if retries == Retries::Rejected && by_last.is_some() => {
            Some(AllowedLogout::AlreadyUsed)
        }
        Rejection::Reuse { .. } if by_last.is_some() && retries != Retries::Keyed => {
            Some(AllowedLogout::RepeatedLate)
        }
        Rejection::Reuse { .. } | Rejection::AlreadyUsed
            if rotations.any(|rotation| rotation.from == refresh.presented) =>
        {
            Some(AllowedLogout::Overtaken)
        }
        _ if blamed.is_some() => blamed,
        Rejection::Ended(_) | Rejection::Inactive if history.is_deactivated => {
            Some(AllowedLogout::Deactivated)
        }
        Rejection::Ended(_) if has_bit(history.logged_out) => Some(AllowedLogout::LoggedOut),
        _ => None,
    };
    let text = || format!("{request:?} gets {rejection:?}; the history is {history:?}");
    reason.ok_or_else(|| broken(Invariant::NoHonestLogout, text()))
}

/// Whether the token was not used for its lifetime.
fn is_idle(world: &World, request: &Request, refresh: Refresh) -> bool {
    let mut grants = world.history.grants_of(refresh.session);
    let issued = grants.find(|grant| grant.successor == refresh.presented).map_or(0, |grant| grant.at);
    u64::from(request.now - issued) >= calls::REFRESH_TTL.as_secs()
}

/// Checks the reason of the rejection of a token that a failover forgot.
fn check_reason(world: &World, refresh: Refresh, rejection: Rejection) -> Result<(), Violation> {
    let Rejection::Reuse { may_be_lost } = rejection else { return Ok(()) };
    let last = world.history.rotations_of(refresh.session).next_back();
    let is_newer = last.is_some_and(|last| last.is_after_failover);
    if may_be_lost || is_newer {
        return Ok(());
    }
    Err(broken(Invariant::LostRotationHasItsReason, format!("{refresh:?} after a failover")))
}
