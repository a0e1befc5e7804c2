//! The exchange of legacy refresh tokens: repeats, concurrent calls, crashes and lost answers.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::randomness::Randomness;
use auth_e2e::spelling::Slices;
use auth_e2e::{ALICE, Api, Installation, Reply, Server, Tokens, rounds};
use auth_testkit::servers::Proxy;
use futures_util::future::join_all;

use crate::switch::{OLD_HASH, TENANT, add_user, issue_legacy_token, platform};

const KEY: &str = "idempotency-key-of-this-call";
/// After this time, the claim of an exchange that died is replaced, and a call has had its turn.
const TURN: Duration = Duration::from_secs(12);
const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// An instance, its user, and how to issue legacy tokens to that user.
struct Switched {
    server: Server,
    user: String,
}

impl Switched {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let installation = platform(settings);
        let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
        Self { server: Server::start_on(installation).await, user }
    }

    fn issue(&self) -> String {
        issue_legacy_token(&self.server.installation, &self.user, TENANT)
    }

    fn redis(&self, words: &[&str]) -> String {
        self.server.installation.servers().redis_cli(words)
    }

    fn keys(&self, pattern: &str) -> Vec<String> {
        let keys = self.redis(&["KEYS", pattern]);
        keys.lines().filter(|key| !key.is_empty()).map(str::to_owned).collect()
    }

    fn live_sessions(&self) -> usize {
        let is_live = |key: &&String| self.redis(&["HEXISTS", key, "ended"]) == "0";
        self.keys("auth:session:*").iter().filter(is_live).count()
    }

    /// Ends the session of the tokens, so that the next round has none.
    async fn log_out(&self, tokens: &Tokens) {
        assert_eq!(self.server.logout(&tokens.access, &tokens.refresh).await.status, 204);
    }
}

/// Repeats a refresh while the response is a 503, for one turn at most.
async fn repeated(api: &Api, token: &str, key: &str) -> Reply {
    let watch = Stopwatch::start();
    loop {
        let reply = api.refresh_with_key(token, key).await;
        if reply.status != 503 || watch.elapsed() > TURN {
            return reply;
        }
        assert!((1..=30).contains(&reply.retry_after()));
        pause(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_exchange_with_its_key_gets_the_same_successor() {
    let switched = Switched::start(&[]).await;
    let other = Server::start_on(switched.server.installation.another_instance()).await;
    let token = switched.issue();
    let first = switched.server.refresh_with_key(&token, KEY).await.tokens();
    let again = other.refresh_with_key(&token, KEY).await.tokens();
    assert_eq!(again.refresh, first.refresh);
    assert_ne!(again.access, first.access);
    assert!(other.access_token_is_alive(&first.access).await);
    let another_key = other.refresh_with_key(&token, "another-key").await;
    another_key.expect_error(401, "invalid_refresh_token");
    assert_eq!(another_key.reason().as_deref(), Some("already_used"));

    let next = other.refresh(&first.refresh).await.tokens();
    let reused = other.refresh_with_key(&token, KEY).await;
    assert_eq!((reused.status, reused.reason().as_deref()), (401, Some("reuse_detected")));
    assert_eq!(other.expect_dead(&next.refresh).await.as_deref(), Some("reuse_detected"));
}

/// The dashboard refreshes one token twice after a reload.
#[tokio::test(flavor = "multi_thread")]
async fn share_gives_both_calls_of_a_dashboard_one_successor() {
    let switched = Switched::start(&[("TOKENS__CONCURRENT_REFRESH", "share")]).await;
    for delay in [350, 0] {
        let token = switched.issue();
        let second = async {
            pause(Duration::from_millis(delay)).await;
            switched.server.refresh(&token).await
        };
        let (first, second) = tokio::join!(switched.server.refresh(&token), second);
        let (first, second) = (first.tokens(), second.tokens());
        assert_eq!(first.refresh, second.refresh);
        assert_eq!(switched.live_sessions(), 1);
        switched.log_out(&second).await;
        assert!(!switched.server.access_token_is_alive(&first.access).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reject_lets_one_of_two_exchanges_succeed_and_ends_nothing() {
    let switched = Switched::start(&[]).await;
    let token = switched.issue();
    let (first, second) = tokio::join!(switched.server.refresh(&token), switched.server.refresh(&token));
    let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
    lost.expect_error(401, "invalid_refresh_token");
    assert_eq!(lost.reason().as_deref(), Some("already_used"));
    switched.server.refresh(&won.tokens().refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_during_an_exchange_never_logs_a_client_with_a_key_out() {
    let mut switched = Switched::start(&[]).await;
    let other = Server::start_on(switched.server.installation.another_instance()).await;
    let mut randomness = Randomness::new();
    for _ in 0..rounds(100) {
        let token = switched.issue();
        let (api, presented) = (switched.server.api(), token.clone());
        let call = tokio::spawn(async move { api.try_refresh_with_key(&presented, KEY).await });
        pause(randomness.time_below(Duration::from_millis(25))).await;
        switched.server.kill_and_restart().await;
        drop(call.await);

        let tokens = repeated(&other.api(), &token, KEY).await.tokens();
        let next = other.refresh(&tokens.refresh).await.tokens();
        assert_eq!(other.logout(&next.access, &next.refresh).await.status, 204);
    }
}

/// While both services run, the legacy service may consume the token first.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_legacy_service_consumes_first_opens_no_session() {
    let switched = Switched::start(&[("TOKENS__CONCURRENT_REFRESH", "share")]).await;
    let mut randomness = Randomness::new();
    let (mut ours, mut theirs) = (0, 0);
    for round in 0..400 {
        if round >= rounds(200) && ours > 0 && theirs > 0 {
            break;
        }
        let token = switched.issue();
        let (api, presented) = (switched.server.api(), token.clone());
        let call = tokio::spawn(async move { api.refresh(&presented).await });
        pause(randomness.time_below(Duration::from_millis(15))).await;
        let consumed = switched.redis(&["GETDEL", &format!("auth:refresh:{token}")]);
        let reply = call.await.unwrap();
        if consumed.is_empty() {
            ours += 1;
            switched.log_out(&reply.tokens()).await;
        } else {
            theirs += 1;
            reply.expect_error(401, "invalid_refresh_token");
            assert_eq!(switched.server.expect_dead(&token).await, None, "a session was found");
        }
        assert_eq!(switched.live_sessions(), 0);
    }
    assert!(ours > 0 && theirs > 0, "no race: {ours} to {theirs}");
}

/// An instance whose connections to Redis go through a proxy.
async fn start_behind_a_proxy() -> (Switched, Proxy) {
    let installation = platform(&[]);
    let user = add_user(&installation, ALICE, Some(OLD_HASH), 10);
    let servers = installation.servers();
    let proxy = Proxy::start(servers.redis.port()).await;
    let url = format!("{}/{}", proxy.url(), servers.redis_database());
    (Switched { server: Server::start_on(installation.set("REDIS__URL", &url)).await, user }, proxy)
}

/// A part of the command of each write of an exchange. The last one is the script with the token as its only key.
const WRITES: [&str; 4] =
    ["auth:legacy-successor:", "auth:session:{", "auth:legacy-holder:", "\r\n1\r\n$56\r\nauth:refresh:"];

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_repeats_each_step_whose_answer_is_lost() {
    let (switched, proxy) = start_behind_a_proxy().await;
    for write in WRITES {
        let token = switched.issue();
        proxy.lose_replies_to(Some(write));
        let back = async {
            pause(Duration::from_millis(700)).await;
            proxy.lose_replies_to(None);
        };
        let (reply, ()) = tokio::join!(switched.server.refresh(&token), back);
        let tokens = reply.tokens();
        assert_eq!(switched.live_sessions(), 1, "{write}");
        switched.log_out(&tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_without_answers_is_completed_by_a_repeat() {
    let (switched, proxy) = start_behind_a_proxy().await;
    for write in WRITES {
        let token = switched.issue();
        proxy.lose_replies_to(Some(write));
        let lost = switched.server.refresh_with_key(&token, KEY).await;
        lost.expect_error(503, "service_unavailable");
        assert!(lost.text().contains("unknown"), "{write}: {}", lost.text());
        proxy.lose_replies_to(None);
        let tokens = repeated(&switched.server.api(), &token, KEY).await.tokens();
        let watch = Stopwatch::start();
        while switched.live_sessions() > 1 {
            assert!(watch.elapsed() < TURN, "{write}: a session that no client knows stays");
            pause(Duration::from_millis(50)).await;
        }
        switched.log_out(&tokens).await;
    }
}

// S-16, S-46
#[tokio::test]
async fn what_an_exchange_leaves_is_small_has_a_lifetime_and_opens_nothing() {
    let switched = Switched::start(&[("TOKENS__CONCURRENT_REFRESH", "share")]).await;
    let mut slices = Slices::default();
    let mut last = None;
    for key in [KEY, "another-key"] {
        let token = switched.issue();
        let tokens = switched.server.refresh_with_key(&token, key).await.tokens();
        slices.add(&token);
        slices.add_tokens(&tokens);
        last = Some(tokens);
    }
    slices.add(KEY);
    for key in switched.keys("*") {
        let lifetime: i64 = switched.redis(&["PTTL", &key]).parse().unwrap();
        assert!(lifetime > 0, "{key} lives for ever");
        if key.starts_with("auth:legacy-") {
            assert!(lifetime <= SEVEN_DAYS, "{key} lives for {lifetime} ms");
            let size: usize = switched.redis(&["MEMORY", "USAGE", &key]).parse().unwrap();
            assert!(size <= 320, "{key} takes {size} bytes");
        }
        assert_eq!(slices.find_in(key.as_bytes()), None);
        let read: &[&str] = match switched.redis(&["TYPE", &key]).as_str() {
            "hash" => &["HGETALL"],
            "string" => &["GET"],
            _ => &[],
        };
        let value = if read.is_empty() { String::new() } else { switched.redis(&[read, &[&key]].concat()) };
        assert_eq!(slices.find_in(value.as_bytes()), None, "{key}");
    }
    assert_eq!(
        (switched.keys("auth:legacy-holder:*").len(), switched.keys("auth:legacy-successor:*").len()),
        (2, 2)
    );
    switched.log_out(&last.unwrap()).await;
}

// S-28
#[tokio::test]
async fn an_exchanged_legacy_token_is_dead_after_a_password_change() {
    let switched = Switched::start(&[("TOKENS__CONCURRENT_REFRESH", "share")]).await;
    let token = switched.issue();
    let tokens = switched.server.refresh_with_key(&token, KEY).await.tokens();
    let set_password = ["user", "set-password", ALICE, "--password-stdin"];
    let new_password = "another horse battery staple";
    switched.server.installation.cli(&set_password, new_password).await.expect_success();
    assert!(!switched.server.access_token_is_alive(&tokens.access).await);
    let repeat = switched.server.refresh_with_key(&token, KEY).await;
    assert_eq!((repeat.status, repeat.reason().as_deref()), (401, Some("revoked")));
}

#[tokio::test]
async fn a_logout_with_an_exchanged_legacy_token_ends_its_session() {
    let switched = Switched::start(&[]).await;
    let token = switched.issue();
    let tokens = switched.server.refresh(&token).await.tokens();
    assert_eq!(switched.server.logout(&tokens.access, &token).await.status, 204);
    assert!(!switched.server.access_token_is_alive(&tokens.access).await);
    assert_eq!(switched.server.expect_dead(&tokens.refresh).await.as_deref(), Some("logged_out"));
    assert_eq!(switched.live_sessions(), 0);
}

/// Many calls with one token at several instances: one session, and one successor for all.
// S-47
#[tokio::test(flavor = "multi_thread")]
async fn shared_exchanges_at_two_instances_open_one_session() {
    let switched = Switched::start(&[("TOKENS__CONCURRENT_REFRESH", "share")]).await;
    let second: Installation = switched.server.installation.another_instance();
    let second = Server::start_on(second).await;
    for _ in 0..rounds(10) {
        let token = switched.issue();
        let apis = [switched.server.api(), second.api()];
        let replies = join_all((0..20).map(|caller| {
            let (api, token) = (apis[caller % 2].clone(), token.clone());
            tokio::spawn(async move { api.refresh(&token).await })
        }))
        .await;
        let (granted, limited): (Vec<_>, Vec<_>) =
            replies.into_iter().map(Result::unwrap).partition(|reply| reply.status == 200);
        // The exchange itself, and at most 15 calls that share its successor.
        assert_eq!((granted.len(), limited.len()), (16, 4));
        for reply in limited {
            reply.expect_error(429, "rate_limited");
        }
        let tokens: Vec<_> = granted.iter().map(Reply::tokens).collect();
        assert!(tokens.iter().all(|other| other.refresh == tokens[0].refresh));
        assert_eq!(switched.live_sessions(), 1);
        switched.log_out(&tokens[0]).await;
    }
}
