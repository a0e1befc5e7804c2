//! Three instances on one form of Redis, and their load.

use std::sync::Arc;

use auth_e2e::history::Recorder;
use auth_e2e::load::{Load, Mix};
use auth_e2e::{ALICE, Installation, Server, Stores};

use crate::redis::Redis;

/// More than one, so that their sessions are on different nodes of a cluster.
pub(super) const USERS: usize = 24;
const CLIENTS: usize = 24;

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

    /// Checks that no instance logged a panic.
    pub(super) fn expect_no_panic(&self) {
        for server in &self.servers {
            assert!(!server.process.stderr().contains("panicked"), "{}", server.process.stderr());
        }
    }
}
