//! A state of the exploration.

use crate::action::Action;
use crate::allowed::AllowedLogout;
use crate::calls::{self, Token};
use crate::history::{Grant, History};
use crate::invariants::{self, Violation};
use crate::request::{Operation, Refresh, Request, Step};
use crate::rules::{self, Rules};
use crate::scenario::{Budget, Retries, Scenario};
use crate::service::{self, Answer};
use crate::store::Store;

/// Everything that decides what can happen next.
#[derive(Clone, Hash)]
pub(crate) struct World {
    /// Seconds since the start.
    pub(crate) now: u32,
    pub(crate) is_user_active: bool,
    pub(crate) store: Store,
    /// The requests in progress, each on an instance of its own.
    pub(crate) requests: Vec<Request>,
    pub(crate) clients: Vec<Client>,
    pub(crate) history: History,
    pub(crate) left: Budget,
    /// The number of the next request.
    pub(crate) next: Token,
    /// The number of sessions that have a number.
    pub(crate) sessions: u8,
}

/// A client that keeps to the contract. All its tabs hold the same tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) session: u8,
    pub(crate) refresh_token: Token,
    /// The access token, and when it was issued.
    pub(crate) access_token: (Token, u32),
    pub(crate) is_logged_out: bool,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let sessions = usize::from(scenario.is_logged_in) + usize::from(scenario.most.logins);
        let mut world = Self {
            now: 0,
            is_user_active: true,
            store: Store::new(scenario.is_one_server, sessions, scenario.most.failovers > 0),
            requests: Vec::new(),
            clients: Vec::new(),
            history: History::default(),
            left: scenario.most,
            next: 0,
            sessions: 0,
        };
        if scenario.is_logged_in {
            world.log_in();
        }
        world
    }

    /// Applies an action. Adds a logout of an honest client to `allowed` if the contract allows it.
    pub(crate) fn apply(
        &mut self,
        action: Action,
        retries: Retries,
        rules: Rules,
        allowed: &mut Vec<AllowedLogout>,
    ) -> Result<(), Violation> {
        let before = self.store.clone();
        match action {
            Action::Login => {
                self.start(true, Operation::Login { session: self.sessions });
                self.sessions += 1;
            }
            Action::Refresh { client } => self.refresh(client, retries),
            Action::Theft { session, presented } => {
                self.history.stolen |= 1 << session;
                self.start(false, Operation::Refresh(Refresh { session, presented, key: None }));
            }
            Action::Logout { client } => self.log_out(client),
            Action::Deactivate => {
                self.history.is_deactivated = true;
                self.start(true, Operation::Deactivation);
            }
            Action::Step(request) => {
                service::step(self, request, Answer::Received, retries, rules, allowed)?;
            }
            Action::LoseAnswer(request) => {
                service::step(self, request, Answer::Lost, retries, rules, allowed)?;
            }
            Action::LoseCall(request) => self.requests[request].is_repeat = true,
            Action::Crash(request) => drop(self.requests.remove(request)),
            Action::HangUp(request) => self.requests[request].is_awaited = false,
            Action::Wait(seconds) => self.now += seconds,
            Action::FailOver(forgotten) => self.fail_over(forgotten),
        }
        action.spend(&mut self.left);
        invariants::check_state(self, &before, retries, rules)
    }

    fn start(&mut self, is_honest: bool, operation: Operation) {
        self.requests.push(Request {
            number: self.next,
            now: self.now,
            is_honest,
            is_awaited: true,
            is_repeat: false,
            is_forgotten: false,
            operation,
            step: Step::Read,
        });
        self.next += 1;
    }

    fn refresh(&mut self, client: usize, retries: Retries) {
        let Client { session, refresh_token, .. } = self.clients[client];
        let key = (retries == Retries::Keyed).then_some(refresh_token);
        self.start(true, Operation::Refresh(Refresh { session, presented: refresh_token, key }));
    }

    fn log_out(&mut self, client: usize) {
        let Client { session, access_token: (bearer, bearer_issued_at), .. } = self.clients[client];
        self.history.logged_out |= 1 << session;
        self.start(true, Operation::Logout { session, bearer, bearer_issued_at });
    }

    fn fail_over(&mut self, forgotten: [usize; 2]) {
        let before = self.store.clone();
        self.store.fail_over(forgotten);
        self.history.fail_over(&before, &self.store, self.now);
        for request in &mut self.requests {
            request.is_forgotten = matches!(request.step, Step::Denylist { .. } | Step::Respond(_));
        }
    }

    /// Marks the access tokens as lost whose mark is removed by the request of an end that a failover forgot. They belong to a later
    /// end of the session, whose request does not write them if its answer was lost, too.
    pub(crate) fn forget_pending(&mut self, sessions: &[u8]) {
        let records = sessions.iter().filter_map(|session| self.store.record(*session));
        for record in records.filter(|record| record.end_reason().is_some()) {
            let tokens = record.live_tokens.iter().map(calls::number);
            let alive = tokens.filter(|token| !self.store.is_denylisted(*token));
            self.history.lost_access |= alive.fold(0, |bits, token| bits | 1 << token);
        }
    }

    /// A login without faults.
    fn log_in(&mut self) {
        let (session, token) = (self.sessions, self.next);
        let opened = rules::open(None, &calls::new_session(session, token, self.now), self.now);
        self.store.apply(opened.into_iter().map(|change| (session, change)).collect());
        let at = self.now;
        let grant = Grant { request: token, session, presented: None, successor: token, key: None, at };
        self.history.grants.push(grant);
        let access_token = (token, self.now);
        self.clients.push(Client { session, refresh_token: token, access_token, is_logged_out: false });
        self.next += 1;
        self.sessions += 1;
    }
}
