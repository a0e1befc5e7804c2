//! The examples, run as programs with a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::env;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
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
/// The longest time until a logout takes effect with a cache.
const BOUND: Duration = Duration::from_secs(2);

/// An example that runs until this is dropped.
struct Example {
    child: Child,
    port: Port,
    client: Client,
    path: &'static str,
}

impl Example {
    async fn start(name: &str, path: &'static str, redis: &RedisServer) -> Self {
        let port = Port::take();
        let child = Command::new(program(name))
            .env("JWT_KEY", KEY)
            .env("REDIS_URL", redis.url())
            .env("LISTEN", format!("127.0.0.1:{}", port.number))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let example = Self { child, port, client: Client::new(), path };
        let listens = || async { example.try_call(Method::GET, path, None).await.is_ok() };
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
        self.try_call(Method::GET, self.path, bearer).await.unwrap().0
    }

    /// Stops the program and returns its standard error.
    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path of an example, which Cargo builds before the tests.
fn program(name: &str) -> PathBuf {
    let tests = env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(program.is_file(), "{} was not built", program.display());
    program
}

/// Starts an example that must fail, and returns its output.
fn failed_start(name: &str, key: &str, redis_url: Option<&str>) -> Output {
    let mut command = Command::new(program(name));
    command.env("JWT_KEY", key).env_remove("REDIS_URL");
    if let Some(url) = redis_url {
        command.env("REDIS_URL", url);
    }
    // With a usable configuration it would run for ever; this address makes it stop.
    command.env("LISTEN", "not an address").output().unwrap()
}

/// Returns a token and the name of its denylist entry.
fn a_token(role: Role) -> (String, String) {
    let live = an_access_token(SystemClock.now());
    let claims = claims_of(live, role);
    let key = SigningKey::new(KEY.to_owned()).unwrap();
    let tokens: Arc<dyn AccessTokens> = Arc::new(JwtAccessTokens::new(JwtConfig::new(key)).unwrap());
    (tokens.issue(&claims).unwrap().expose().to_owned(), format!("auth:jwt:revoked:{}", live.id))
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn the_strict_example_recognises_a_logout_at_once() {
    let redis = RedisServer::start();
    let example = Example::start("strict", "/invoices", &redis).await;
    let (token, key) = a_token(Role::Viewer);
    assert_eq!(example.status(None).await, 401);
    assert_eq!(example.status(Some(&token)).await, 200);
    assert_eq!(example.try_call(Method::DELETE, "/account", Some(&token)).await.unwrap().0, 403);
    let (owner, _) = a_token(Role::Owner);
    assert_eq!(example.try_call(Method::DELETE, "/account", Some(&owner)).await.unwrap().0, 200);
    assert_eq!(redis.cli(&["SET", &key, "1", "EX", "1200"]), "OK");
    assert_eq!(example.status(Some(&token)).await, 401);
    redis.kill();
    assert_eq!(example.status(Some(&token)).await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_log_rejected_tokens_and_outages() {
    for (name, path) in [("strict", "/invoices"), ("cached", "/whoami")] {
        let redis = RedisServer::start();
        let example = Example::start(name, path, &redis).await;
        assert_eq!(example.status(Some("nonsense")).await, 401);
        redis.kill();
        let (token, _) = a_token(Role::Viewer);
        let is_unavailable = || async { example.status(Some(&token)).await == 503 };
        assert!(holds_within(BOUND * 2, is_unavailable).await, "{name} responds without Redis");
        let log = example.stop();
        for text in ["access_token_rejected", "malformed", "WARN", "denylist is unreachable"] {
            assert!(log.contains(text), "{name} does not log {text}: {log}");
        }
    }
}

#[test]
fn an_example_that_cannot_start_prints_setting_and_remedy() {
    let redis_url = Some("redis://127.0.0.1:6379");
    for (key, redis_url, expected) in [
        (
            "short",
            redis_url,
            "JWT_KEY: the secret is shorter than 32 bytes; make one with `openssl rand -hex 32`",
        ),
        (KEY, None, "REDIS_URL: environment variable not found; set it"),
        (KEY, Some("http://127.0.0.1"), "REDIS__URL: "),
        (KEY, redis_url, "LISTEN=not an address: "),
    ] {
        for name in ["strict", "cached"] {
            let output = failed_start(name, key, redis_url);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(stderr.contains(&format!("cannot start: {expected}")), "{name}: {stderr}");
            assert_eq!(output.status.code(), Some(1), "{name}");
        }
    }
}

#[test]
fn the_program_of_the_readme_is_the_strict_example() {
    let readme = include_str!("../README.md");
    let program = readme.split("```rust,no_run\n").nth(1).unwrap().split("```").next().unwrap();
    let example = include_str!("../examples/strict.rs");
    let (_, text) = example.split_once("why it cannot start\")]\n\n").unwrap();
    assert_eq!(text, program);
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn the_cached_example_recognises_a_logout_in_time() {
    let redis = RedisServer::start();
    let example = Example::start("cached", "/whoami", &redis).await;
    let is_current = || async {
        example.try_call(Method::GET, "/cache", None).await.unwrap().1.contains("is_trusted: true")
    };
    assert!(holds_within(START_LIMIT, is_current).await);

    let ((token, key), (owner, _)) = (a_token(Role::Viewer), a_token(Role::Owner));
    assert_eq!(example.status(Some(&token)).await, 200);
    assert_eq!(redis.cli(&["SET", &key, "1", "EX", "1200"]), "OK");
    let is_rejected = || async { example.status(Some(&token)).await == 401 };
    assert!(holds_within(BOUND, is_rejected).await, "a revoked token was accepted after the bound");

    redis.kill();
    let is_unavailable = || async { example.status(Some(&owner)).await == 503 };
    assert!(holds_within(BOUND * 2, is_unavailable).await, "the outage had no effect");
    assert_eq!(example.status(Some(&token)).await, 401, "a token known as revoked stays rejected");
}
