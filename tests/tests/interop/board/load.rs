//! A mixed load of users, as many as a test can be.

use auth_e2e::{ALICE, Api, BOB, Installation, PASSWORD, Server, Tokens, WRONG_PASSWORD};
use futures_util::future::join_all;

/// The most sessions that stay open.
const SESSIONS: usize = 12;

/// The load on one server.
#[derive(Debug)]
pub(super) struct Load {
    api: Api,
    sessions: Vec<Tokens>,
}

/// Creates the users of the load.
pub(super) async fn with_users(installation: Installation) -> Installation {
    installation.with_user(ALICE).await.with_user(BOB).await
}

impl Load {
    /// Prepares the load; nothing is sent yet.
    pub(super) fn new(server: &Server) -> Self {
        Self { api: server.api(), sessions: Vec::new() }
    }

    /// Sends the requests of one round: more or fewer, as the number of the round goes up and down.
    pub(super) async fn round(&mut self, number: u8) {
        let wave = usize::from(number % 40).abs_diff(20) / 4;
        self.log_in(number, 1 + wave).await;
        self.refresh(2 + wave).await;
        self.fail(number).await;
        if number == 3 {
            self.reuse().await;
        }
        while self.sessions.len() > SESSIONS {
            let Tokens { access, refresh } = self.sessions.remove(0);
            assert_eq!(self.api.logout(&access, &refresh).await.status, 204);
        }
    }

    /// Logs in several times at once.
    async fn log_in(&mut self, number: u8, times: usize) {
        let client = self.api.from_address(&format!("127.0.1.{}", number % 200 + 1));
        let tokens = join_all((0..times).map(|_| client.log_in(ALICE))).await;
        self.sessions.extend(tokens);
    }

    /// Refreshes the newest sessions, and uses their access tokens.
    async fn refresh(&mut self, times: usize) {
        for session in self.sessions.iter_mut().rev().take(times) {
            *session = self.api.refresh(&session.refresh).await.tokens();
            assert_eq!(self.api.me(&session.access).await.status, 200);
            for _ in 0..3 {
                assert_eq!(self.api.verify(&session.access).await.status, 204);
            }
        }
    }

    /// Sends requests that are rejected. After ten failures, the login limit rejects those of one address.
    async fn fail(&self, number: u8) {
        let guesser = self.api.from_address("127.0.2.1");
        guesser.login(BOB, WRONG_PASSWORD).await;
        let stranger = self.api.from_address(&format!("127.0.3.{}", number % 200 + 1));
        stranger
            .login(&format!("stranger{number}@example.com"), PASSWORD)
            .await
            .expect_error(401, "invalid_credentials");
        if number.is_multiple_of(4) {
            self.api.refresh(&"0".repeat(104)).await.expect_error(401, "invalid_refresh_token");
            self.api.refresh(" ").await.expect_error(400, "invalid_request");
        }
    }

    /// Presents a refresh token that was used before the last one, which ends its session.
    async fn reuse(&self) {
        let first = self.api.log_in(ALICE).await.refresh;
        let second = self.api.refresh(&first).await.tokens().refresh;
        self.api.refresh(&second).await.tokens();
        self.api.refresh(&first).await.expect_error(401, "invalid_refresh_token");
    }
}
