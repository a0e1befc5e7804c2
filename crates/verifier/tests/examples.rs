//! The examples, run as programs beside a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_domain::model::Role;
use auth_domain::ports::{AccessTokens, Clock};
use auth_testkit::servers::{Port, RedisServer};
use auth_testkit::{an_access_token, claims_of, holds_within};
use auth_verifier::SystemClock;
use reqwest::{Client, Method};

const KEY: &str = "a key of this test: 0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
const START_LIMIT: Duration = Duration::from_secs(10);
/// What the guard promises of a logout elsewhere, always.
const BOUND: Duration = Duration::from_secs(2);

/// An example that runs until this is dropped.
struct Example {
    child: Child,
    port: Port,
    client: Client,
}

impl Example {
    async fn start(name: &str, redis: &RedisServer) -> Self {
        let port = Port::take();
        let child = Command::new(program(name))
            .env("JWT_KEY", KEY)
            .env("REDIS_URL", redis.url())
            .env("LISTEN", format!("127.0.0.1:{}", port.number))
            .spawn()
            .unwrap();
        let example = Self { child, port, client: Client::new() };
        let listens = || async { example.try_call(Method::GET, "/whoami", None).await.is_ok() };
        assert!(holds_within(START_LIMIT, listens).await, "{name} does not start");
        example
    }

    async fn try_call(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&str>,
    ) -> reqwest::Result<(u16, String)> {
        let request = self.client.request(method, format!("http://127.0.0.1:{}{path}", self.port.number));
        let request = match bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    async fn status(&self, bearer: Option<&str>) -> u16 {
        self.try_call(Method::GET, "/whoami", bearer).await.unwrap().0
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo builds the examples before it runs the tests, in a folder beside theirs.
fn program(name: &str) -> PathBuf {
    let tests = env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(program.is_file(), "{} was not built", program.display());
    program
}

/// A token and the name of its denylist entry.
fn a_token(role: Role) -> (String, String) {
    let live = an_access_token(SystemClock.now());
    let claims = claims_of(live, role);
    let key = SigningKey::new(KEY.to_owned()).unwrap();
    let tokens: Arc<dyn AccessTokens> = Arc::new(JwtAccessTokens::new(JwtConfig::new(key)).unwrap());
    (tokens.issue(&claims).unwrap().expose().to_owned(), format!("auth:jwt:revoked:{}", live.id))
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn the_least_example_asks_redis_and_knows_a_logout_at_once() {
    let redis = RedisServer::start();
    let example = Example::start("whoami", &redis).await;
    let (token, key) = a_token(Role::Viewer);
    assert_eq!(example.status(None).await, 401);
    assert_eq!(example.status(Some(&token)).await, 200);
    assert_eq!(redis.cli(&["SET", &key, "1", "EX", "1200"]), "OK");
    assert_eq!(example.status(Some(&token)).await, 401);
    redis.kill();
    assert_eq!(example.status(Some(&token)).await, 503);
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn the_larger_example_answers_out_of_memory_and_knows_a_logout_in_time() {
    let redis = RedisServer::start();
    let example = Example::start("protected_api", &redis).await;
    let is_current = || async {
        example.try_call(Method::GET, "/denylist", None).await.unwrap().1.contains("is_current: true")
    };
    assert!(holds_within(START_LIMIT, is_current).await);

    let (token, key) = a_token(Role::Viewer);
    assert_eq!(example.try_call(Method::DELETE, "/owner/tenant", Some(&token)).await.unwrap().0, 403);
    let (owner, _) = a_token(Role::Owner);
    assert_eq!(example.try_call(Method::DELETE, "/owner/tenant", Some(&owner)).await.unwrap().0, 200);

    assert_eq!(example.status(Some(&token)).await, 200);
    assert_eq!(redis.cli(&["SET", &key, "1", "EX", "1200"]), "OK");
    let is_rejected = || async { example.status(Some(&token)).await == 401 };
    assert!(holds_within(BOUND, is_rejected).await, "a revoked token was accepted after the bound");

    redis.kill();
    let is_told = || async { example.status(Some(&owner)).await == 503 };
    assert!(holds_within(BOUND * 2, is_told).await, "an outage was not told");
    assert_eq!(example.status(Some(&token)).await, 401, "who is known to be logged out stays so");
}
