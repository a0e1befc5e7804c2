//! Users under load: each answer must be the one that is due, or a 503.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::randomness::unique;
use auth_e2e::{ALICE, Api, Installation, PASSWORD, Server, Tokens, WRONG_PASSWORD};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::outcome::Seen;

const USERS: usize = 6;
/// The pause of a user after each call.
const PAUSE: Duration = Duration::from_millis(25);
/// Refreshes of a session before its logout.
const REFRESHES: usize = 5;

/// Users and a guesser that run until they are stopped.
pub(crate) struct Load {
    seen: Arc<Seen>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts the load on a server whose installation is [`with_users`].
    pub(crate) fn start(server: &Server) -> Self {
        let seen = Arc::new(Seen::new());
        let api = |number: usize| server.api().from_address(&format!("127.0.1.{}", number + 1));
        let mut clients: Vec<_> = (0..USERS)
            .map(|number| {
                let user = User { api: api(number), email: email(number), seen: Arc::clone(&seen) };
                tokio::spawn(user.run())
            })
            .collect();
        clients.push(tokio::spawn(guess(api(USERS), Arc::clone(&seen))));
        Self { seen, clients }
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Stops the load, and waits for the calls in flight.
    #[expect(clippy::expect_used, reason = "a task that panics fails the test")]
    pub(crate) async fn stop(self) -> Arc<Seen> {
        self.seen.stop();
        for client in join_all(self.clients).await {
            client.expect("no panic");
        }
        self.seen
    }
}

/// Creates the users of the load. [`ALICE`] is another user, whose password is guessed.
pub(crate) async fn with_users(installation: Installation) -> Installation {
    let installation = installation.without_refresh_limits().with_user(ALICE).await;
    for number in 0..USERS {
        installation.sql(&format!(
            "INSERT INTO users (id, tenant_id, email, password_hash, created_at, updated_at)
             SELECT gen_random_uuid(), tenant_id, '{}', password_hash, now(), now() FROM users WHERE email = '{ALICE}'",
            email(number)
        ));
    }
    installation
}

fn email(number: usize) -> String {
    format!("user-{number}@example.net")
}

/// A user who logs in, refreshes with an `Idempotency-Key`, and logs out, again and again.
struct User {
    api: Api,
    email: String,
    seen: Arc<Seen>,
}

impl User {
    async fn run(self) {
        while self.seen.goes_on() {
            let login = self.seen.note("login", &[200], self.api.login(&self.email, PASSWORD)).await;
            pause(PAUSE).await;
            let Some(login) = login else { continue };
            let mut tokens = login.tokens();
            for _ in 0..REFRESHES {
                self.seen.note("verification", &[200], self.api.me(&tokens.access)).await;
                pause(PAUSE).await;
                tokens = self.refresh(tokens).await;
            }
            self.log_out(tokens).await;
        }
    }

    /// Refreshes, and repeats the call until it is answered.
    async fn refresh(&self, tokens: Tokens) -> Tokens {
        let key = unique("call");
        while self.seen.goes_on() {
            let call = self.api.refresh_with_key(&tokens.refresh, &key);
            let reply = self.seen.note("refresh", &[200], call).await;
            pause(PAUSE).await;
            if let Some(reply) = reply {
                return reply.tokens();
            }
        }
        tokens
    }

    /// Logs out, repeats the call until it is answered, and presents the tokens again.
    async fn log_out(&self, tokens: Tokens) {
        // After a 503 with an unknown outcome, the access token may be revoked.
        let mut due: &[u16] = &[204];
        while self.seen.goes_on() {
            let call = self.api.logout(&tokens.access, &tokens.refresh);
            let (reply, is_unknown) = self.seen.note_unknown("logout", due, call).await;
            pause(PAUSE).await;
            if reply.is_some() {
                self.seen.note("use of a revoked access token", &[401], self.api.me(&tokens.access)).await;
                self.seen.note("use of an ended session", &[401], self.api.refresh(&tokens.refresh)).await;
                return;
            }
            if is_unknown {
                due = &[204, 401];
            }
        }
    }
}

/// Guesses a password, from the same address.
async fn guess(api: Api, seen: Arc<Seen>) {
    while seen.goes_on() {
        seen.note("guess", &[401, 429], api.login(ALICE, WRONG_PASSWORD)).await;
        pause(10 * PAUSE).await;
    }
}
