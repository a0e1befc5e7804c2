//! The steps of the use cases, one atomic operation each.

use auth_domain::model::session_rules::Change;
use auth_domain::model::{EndReason, Ending};

use crate::allowed::AllowedLogout;
use crate::calls::{self, ACCESS_TTL, Token};
use crate::fault::Fault;
use crate::invariants::{self, Violation};
use crate::request::{Operation, Refresh, Rejection, Request, Response, Step};
use crate::response::deliver;
use crate::rotation::{grant, rotate};
use crate::rules::{self, Rules};
use crate::scenario::Retries;
use crate::world::World;

/// Whether the answer of the store arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Received,
    Lost,
}

/// Takes the next step of a request. If the answer is lost, the request takes the same step again.
pub(crate) fn step(
    world: &mut World,
    position: usize,
    answer: Answer,
    retries: Retries,
    rules: Rules,
    allowed: &mut Vec<AllowedLogout>,
) -> Result<(), Violation> {
    let request = world.requests[position].clone();
    let next = match request.step.clone() {
        Step::Read => read(world, &request),
        Step::Commit => commit(world, &request, retries, rules)?,
        Step::ReadAgain => read_again(world, &request, rules)?,
        Step::End(reason) => end(world, &request, reason, rules),
        Step::Denylist { tokens, sessions, response } => {
            if rules.fault == Some(Fault::MarkRemovedBeforeTheCaller) && tokens.len() == 2 {
                world.store.complete(&sessions);
            }
            denylist(world, &request, tokens, sessions, response)?
        }
        Step::Respond(response) => {
            world.requests.remove(position);
            allowed.extend(deliver(world, &request, response, retries)?);
            return Ok(());
        }
    };
    let request = &mut world.requests[position];
    match answer {
        Answer::Received => request.step = next,
        Answer::Lost => request.is_repeat = true,
    }
    if let (Answer::Received, Step::Respond(response)) = (answer, request.step.clone()) {
        acknowledge(world, position, response);
    }
    Ok(())
}

fn read(world: &mut World, request: &Request) -> Step {
    match request.operation {
        Operation::Login { .. } | Operation::Refresh(_) if world.is_user_active => Step::Commit,
        Operation::Login { .. } => Step::Respond(Response::Rejected(Rejection::Inactive)),
        Operation::Refresh(_) => Step::End(EndReason::UserInactive),
        Operation::Logout { bearer, bearer_issued_at, .. } => {
            let is_expired = u64::from(request.now) >= u64::from(bearer_issued_at) + ACCESS_TTL.as_secs();
            if is_expired || world.store.is_denylisted(bearer) {
                return Step::Respond(Response::Rejected(Rejection::InvalidToken));
            }
            Step::End(EndReason::LoggedOut)
        }
        Operation::Deactivation => {
            world.is_user_active = false;
            Step::Commit
        }
    }
}

fn commit(world: &mut World, request: &Request, retries: Retries, rules: Rules) -> Result<Step, Violation> {
    match request.operation {
        Operation::Login { session } => {
            let opening = calls::new_session(session, request.number, request.now);
            let opened = rules::open(world.store.record(session), &opening, request.now);
            world.store.apply(opened.into_iter().map(|change| (session, change)).collect());
            Ok(Step::ReadAgain)
        }
        Operation::Refresh(refresh) => rotate(world, request, refresh, retries, rules),
        Operation::Deactivation => {
            let changes = rules::end_all(world.store.sessions(), request.now);
            Ok(store(world, changes, Response::Done, rules))
        }
        Operation::Logout { .. } => unreachable!("a logout has no such step"),
    }
}

/// Reads the user again: a deactivation during the login takes precedence.
fn read_again(world: &mut World, request: &Request, rules: Rules) -> Result<Step, Violation> {
    if world.is_user_active || rules.fault == Some(Fault::LoginDoesNotReadAgain) {
        return grant(world, request, None, request.number, Vec::new(), rules);
    }
    Ok(Step::End(EndReason::Revoked))
}

fn end(world: &mut World, request: &Request, reason: EndReason, rules: Rules) -> Step {
    let (session, also_revoke, response) = match request.operation {
        Operation::Logout { session, bearer, bearer_issued_at } => {
            (session, Some(calls::access_token(bearer, bearer_issued_at)), Response::Done)
        }
        Operation::Refresh(Refresh { session, .. }) => {
            (session, None, Response::Rejected(Rejection::Ended(reason)))
        }
        Operation::Login { session } => (session, None, Response::Rejected(Rejection::Inactive)),
        Operation::Deactivation => unreachable!("it ends all sessions"),
    };
    let end = calls::end(session, reason, also_revoke);
    let decision = rules.end(world.store.record(session), &end, request.now);
    if decision.outcome == Ending::Unknown {
        return Step::Respond(Response::Rejected(Rejection::Unknown));
    }
    let changes = decision.change.into_iter().map(|change| (session, change)).collect();
    store(world, changes, response, rules)
}

/// Stores changes. Returns the step that writes their access tokens to the denylist, if that is on another server.
pub(crate) fn store(world: &mut World, changes: Vec<(u8, Change)>, response: Response, rules: Rules) -> Step {
    let sessions: Vec<_> = changes.iter().map(|(session, _)| *session).collect();
    let tokens = world.store.apply(changes);
    if rules.fault == Some(Fault::MarkRemovedFirst) {
        world.store.complete(&sessions);
    }
    if tokens.is_empty() || rules.fault == Some(Fault::ResponseBeforeDenylist) {
        return Step::Respond(response);
    }
    Step::Denylist { tokens, sessions, response }
}

fn denylist(
    world: &mut World,
    request: &Request,
    mut tokens: Vec<Token>,
    sessions: Vec<u8>,
    response: Response,
) -> Result<Step, Violation> {
    if tokens.is_empty() {
        if request.is_forgotten {
            world.forget_pending(&sessions);
        }
        world.store.complete(&sessions);
        return Ok(Step::Respond(response));
    }
    let token = tokens.remove(0);
    world.store.deny(token);
    invariants::check_caller_is_last(world, request, token)?;
    Ok(Step::Denylist { tokens, sessions, response })
}

/// From now on, the client may know that a session has ended.
fn acknowledge(world: &mut World, position: usize, response: Response) {
    let request = &world.requests[position];
    let is_end = matches!(
        response,
        Response::Done | Response::Rejected(Rejection::Reuse { .. } | Rejection::Ended(_))
    );
    if is_end && !request.is_forgotten {
        world.history.ended |= request.operation.session().map_or(u8::MAX, |session| 1 << session);
    }
}
