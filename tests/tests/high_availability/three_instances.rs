//! Three instances on one form of Redis, and their load.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::history::{Answer, Call, Period, Recorder, Report, Rules, check};
use auth_e2e::load::{Load, Mix};
use auth_e2e::{ALICE, Installation, Server, Stores};

use crate::redis::Redis;

/// More than one, so that their sessions are on different nodes of a cluster.
pub(super) const USERS: usize = 24;
const CLIENTS: usize = 24;
/// The only other lifetime of access tokens in these tests.
pub(super) const SHORT_ACCESS_TTL: &str = "1m";
/// A replica was behind before the fault, and instances follow the new primary after it.
const SLACK: Duration = Duration::from_secs(2);

/// Three instances with the recorder of their calls.
pub(super) struct Site {
    pub(super) servers: [Server; 3],
    pub(super) recorder: Arc<Recorder>,
}

impl Site {
    /// Starts three instances on Redis and on a database of Postgres. `settings` are added.
    pub(super) async fn start(stores: Stores, redis: &Redis, settings: &[(&str, &str)]) -> Self {
        // A login whose settlement is lost counts as a failure, and outages lose many.
        let unlimited = ["LOGIN_LIMIT__MAX_FAILURES", "LOGIN_LIMIT__MAX_FAILURES_PER_ADDRESS"];
        let installation = Installation::on(stores).without_refresh_limits().set("REDIS__URL", &redis.url());
        let installation = unlimited.iter().fold(installation, |it, name| it.set(name, "1000000"));
        let installation = settings.iter().fold(installation, |it, (name, value)| it.set(name, value));
        let servers = Server::start_three(installation).await;
        servers[0].installation.sql(&format!(
            "INSERT INTO users (id, tenant_id, email, password_hash)
             SELECT gen_random_uuid(), tenant_id, 'user' || number || '@example.com', password_hash
             FROM users, generate_series(1, {USERS}) AS number WHERE email = '{ALICE}'"
        ));
        let recorder = Arc::new(Recorder::new(servers.each_ref().map(Server::api)));
        Self { servers, recorder }
    }

    /// Starts a mixed load.
    pub(super) fn load(&self, rate: u32) -> Load {
        let users = (1..=USERS).map(|number| format!("user{number}@example.com")).collect();
        let shares = self.servers[0].installation.setting("TOKENS__CONCURRENT_REFRESH") == "share";
        Load::start(Arc::clone(&self.recorder), &Mix { clients: CLIENTS, rate, users, shares })
    }

    /// Checks the history and the logs. `forgotten` are the periods whose acknowledged writes may be lost.
    pub(super) fn check(&self, forgotten: Vec<Period>) -> Report {
        let report = self.check_calls(&self.recorder.calls(), forgotten);
        println!("{report}");
        report
    }

    /// Checks the calls of closed sessions, and forgets them.
    pub(super) fn check_closed(&self, forgotten: Vec<Period>) -> Report {
        self.check_calls(&self.recorder.take_closed(), forgotten)
    }

    fn check_calls(&self, calls: &[Call], forgotten: Vec<Period>) -> Report {
        let setting = |name| self.servers[0].installation.setting(name);
        let mut rules =
            Rules { shares: setting("TOKENS__CONCURRENT_REFRESH") == "share", forgotten, ..Rules::new() };
        if setting("TOKENS__ACCESS_TTL") == SHORT_ACCESS_TTL {
            rules.access_ttl = Duration::from_mins(1);
        }
        let report = check(calls, &rules);
        for (_, call, _) in &report.violations {
            println!("{}", self.log(&call.request));
        }
        self.expect_no_panic();
        report
    }

    /// Prints the log lines of calls that got no answer or a 503.
    pub(super) fn print_failures_after(&self, from: Duration) {
        for call in self.recorder.calls() {
            if call.start >= from && matches!(call.answer, Answer::Lost | Answer::Unavailable { .. }) {
                println!("{call:?}");
                println!("{}", self.log(&call.request));
            }
        }
    }

    fn expect_no_panic(&self) {
        for server in &self.servers {
            assert!(!server.process.stderr().contains("panicked"), "{}", server.process.stderr());
        }
    }

    /// Returns the log lines of a request.
    pub(super) fn log(&self, request: &str) -> String {
        let id = format!("\"{request}\"");
        let logs = self.servers.each_ref().map(|server| server.process.stderr());
        let lines = logs.iter().flat_map(|log| log.lines()).filter(|line| line.contains(&id));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the period in which a fault that began at `from`, and is over, can have lost acknowledged writes.
    pub(super) fn around(&self, from: Duration) -> Period {
        Period { from: from.saturating_sub(SLACK), to: self.recorder.now() + SLACK }
    }

    /// Returns the period of `work` if a primary was replaced in it that nothing stopped: a machine that stands still for a second seems
    /// dead to the other servers.
    pub(super) async fn unasked_failover_in(&self, redis: &Redis, work: impl Future) -> Option<Period> {
        let (from, primaries) = (self.recorder.now(), redis.ports_of_primaries());
        work.await;
        if redis.ports_of_primaries() == primaries {
            return None;
        }
        println!("after {:.0} s: a failover that no fault was to cause", from.as_secs_f64());
        Some(self.around(from))
    }
}
