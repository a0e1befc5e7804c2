//! The actions that are possible in a state.

use crate::calls::{LEEWAY, REFRESH_TTL, Token};
use crate::request::{Operation, Refresh, Step};
use crate::scenario::{Budget, Retries};
use crate::world::World;

/// The number of instances, each with one request at a time.
const INSTANCES: usize = 2;
/// The timeout of a request, in seconds.
const TIMEOUT: u32 = 5;

/// One action. Requests and clients are given by position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Login,
    /// The client refreshes, also if it does not know whether it has done so before.
    Refresh {
        client: usize,
    },
    /// Somebody presents a copied token.
    Theft {
        session: u8,
        presented: Token,
    },
    Logout {
        client: usize,
    },
    Deactivate,
    /// A request takes its next step.
    Step(usize),
    /// The same, and the answer of the store is lost, so the step is repeated.
    LoseAnswer(usize),
    /// The call to the store is lost on its way, so the step is repeated.
    LoseCall(usize),
    /// The instance crashes or responds with a 503, or its response is lost.
    Crash(usize),
    /// The client stops waiting. The instance goes on.
    HangUp(usize),
    /// So many seconds pass.
    Wait(u32),
    /// The servers of the records and of the denylist are replaced by replicas without so many of the last writes.
    FailOver([usize; 2]),
}

impl Action {
    /// Every action that is possible.
    pub(crate) fn possible(world: &World, retries: Retries) -> Vec<Self> {
        let mut actions = Vec::new();
        if world.requests.len() < INSTANCES {
            actions.extend(starts(world, retries));
        }
        for (position, request) in world.requests.iter().enumerate() {
            actions.push(Self::Step(position));
            if world.left.faults == 0 {
                continue;
            }
            actions.push(Self::Crash(position));
            if request.is_awaited && request.is_honest {
                actions.push(Self::HangUp(position));
            }
            // A lost answer of another step changes nothing: its repeat does the same again.
            let is_refresh = matches!(request.operation, Operation::Refresh(_));
            match request.step {
                Step::Commit if is_refresh && !request.is_repeat => {
                    actions.extend([Self::LoseAnswer(position), Self::LoseCall(position)]);
                }
                Step::Commit | Step::End(_) => actions.push(Self::LoseAnswer(position)),
                Step::Read | Step::ReadAgain | Step::Denylist { .. } | Step::Respond(_) => {}
            }
        }
        actions.extend(passing_of_time(world));
        if world.left.failovers > 0 {
            actions.extend(failovers(world));
        }
        actions
    }

    /// Takes the action from what is left.
    pub(crate) const fn spend(self, left: &mut Budget) {
        let kind = match self {
            Self::Login => &mut left.logins,
            Self::Refresh { .. } => &mut left.refreshes,
            Self::Theft { .. } => &mut left.thefts,
            Self::Logout { .. } => &mut left.logouts,
            Self::Deactivate => &mut left.deactivations,
            Self::Step(_) => return,
            Self::LoseAnswer(_) | Self::LoseCall(_) | Self::Crash(_) | Self::HangUp(_) => &mut left.faults,
            Self::Wait(1) => &mut left.seconds,
            Self::Wait(_) => &mut left.waits,
            Self::FailOver(_) => &mut left.failovers,
        };
        *kind -= 1;
    }
}

fn starts(world: &World, retries: Retries) -> Vec<Action> {
    let (left, mut actions) = (&world.left, Vec::new());
    for (client, held) in world.clients.iter().enumerate() {
        let refreshes = |operation: &Operation| matches!(operation, Operation::Refresh(refresh) if refresh.session == held.session);
        let mut awaited = world.requests.iter().filter(|request| request.is_awaited && request.is_honest);
        let is_busy = retries == Retries::Keyed && awaited.any(|request| refreshes(&request.operation));
        if left.refreshes > 0 && !held.is_logged_out && !is_busy {
            actions.push(Action::Refresh { client });
        }
        if left.logouts > 0 && !held.is_logged_out {
            actions.push(Action::Logout { client });
        }
    }
    if left.thefts > 0 {
        let mut tokens: Vec<_> =
            world.history.grants.iter().map(|grant| (grant.session, grant.successor)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        actions.extend(tokens.into_iter().map(|(session, presented)| Action::Theft { session, presented }));
    }
    if left.logins > 0 {
        actions.push(Action::Login);
    }
    if left.deactivations > 0 {
        actions.push(Action::Deactivate);
    }
    actions
}

/// A request does not outlive its timeout, so longer times pass between requests only.
fn passing_of_time(world: &World) -> Vec<Action> {
    let is_in_time = world.requests.iter().all(|request| world.now + 1 < request.now + TIMEOUT);
    let mut actions = Vec::new();
    if world.left.seconds > 0 && !world.requests.is_empty() && is_in_time {
        actions.push(Action::Wait(1));
    }
    if world.left.waits > 0 && world.requests.is_empty() {
        let seconds = [LEEWAY, REFRESH_TTL].map(|time| u32::try_from(time.as_secs()).unwrap());
        actions.extend(seconds.map(Action::Wait));
    }
    actions
}

fn failovers(world: &World) -> Vec<Action> {
    let [records, denylist] = world.store.forgettable();
    let forgotten = (0..=records).flat_map(|records| (0..=denylist).map(move |denylist| [records, denylist]));
    forgotten.map(Action::FailOver).collect()
}

/// The request in words, for the report of a violation.
pub(crate) fn describe(action: Action, world: &World) -> String {
    let request = match action {
        Action::Step(request)
        | Action::LoseAnswer(request)
        | Action::LoseCall(request)
        | Action::Crash(request)
        | Action::HangUp(request) => world.requests.get(request),
        _ => None,
    };
    match request {
        Some(request) => {
            let operation = match request.operation {
                Operation::Refresh(Refresh { presented, key, .. }) => {
                    format!("refresh {} of token {presented} with key {key:?}", request.number)
                }
                other => format!("request {} ({other:?})", request.number),
            };
            format!("{action:?}: {operation}, at {:?}", request.step)
        }
        None => format!("{action:?}"),
    }
}
