//! Killed and frozen dependencies: the responses are 503, nothing changes, and the outage ends with its cause.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, in_time, pause};
use auth_e2e::{ALICE, BOB, Installation, Reply, Server, Servers, Stores, Tokens, WRONG_PASSWORD};
use auth_testkit::servers::Proxy;
use futures_util::future::join_all;
use reqwest::Method;

/// The timeout of a request, from the last byte of its body.
const LIMIT: Duration = Duration::from_millis(5_800);
const READINESS_LIMIT: Duration = Duration::from_millis(2_100);
const RECOVERY_LIMIT: Duration = Duration::from_secs(2);

async fn start() -> (Server, Server) {
    let first = Installation::on(Stores::own_servers()).with_user(ALICE).await.with_user(BOB).await;
    let second = first.another_instance();
    (Server::start_on(first).await, Server::start_on(second).await)
}

fn expect_outage(reply: &Reply) {
    reply.expect_error(503, "service_unavailable");
    assert!((1..=30).contains(&reply.retry_after()));
}

/// Waits until readiness reports `dependencies`, two seconds as a rule. A report may be half a second old.
pub(crate) async fn expect_readiness(server: &Server, status: u16, dependencies: &str) {
    let watch = Stopwatch::start();
    loop {
        let reply = server.call(Method::GET, "/health/ready").await;
        assert!(watch.elapsed() < in_time(READINESS_LIMIT), "{} after {:?}", reply.text(), watch.elapsed());
        let reported = reply.json()["dependencies"].to_string();
        if reported == dependencies {
            assert_eq!(reply.status, status);
            return;
        }
        pause(Duration::from_millis(20)).await;
    }
}

/// Waits until a login succeeds again, two seconds as a rule.
async fn expect_recovery(server: &Server) {
    let watch = Stopwatch::start();
    while server.login(BOB, auth_e2e::PASSWORD).await.status != 200 {
        assert!(watch.elapsed() < in_time(RECOVERY_LIMIT), "no recovery after {:?}", watch.elapsed());
    }
    expect_readiness(server, 200, r#"{"postgres":"up","redis":"up"}"#).await;
}

/// While Redis is unreachable, each operation is a 503, and nothing is lost.
async fn expect_no_redis(server: &Server, tokens: &Tokens) {
    let watch = Stopwatch::start();
    let (login, refresh, logout, verification) = tokio::join!(
        server.login(ALICE, auth_e2e::PASSWORD),
        server.refresh(&tokens.refresh),
        server.logout(&tokens.access, &tokens.refresh),
        server.logout(&tokens.access, "not a token"),
    );
    assert!(watch.elapsed() < in_time(LIMIT), "{:?}", watch.elapsed());
    [login, refresh, logout, verification].iter().for_each(expect_outage);
    assert_eq!(server.call(Method::GET, "/health").await.status, 200);
    expect_readiness(server, 503, r#"{"postgres":"up","redis":"down"}"#).await;
}

/// While Postgres is unreachable, login and refresh are a 503; logout and verification work.
async fn expect_no_postgres(server: &Server, tokens: &Tokens) {
    let watch = Stopwatch::start();
    let (login, refresh, alive) = tokio::join!(
        server.login(ALICE, auth_e2e::PASSWORD),
        server.refresh(&tokens.refresh),
        server.access_token_is_alive(&tokens.access),
    );
    assert!(watch.elapsed() < in_time(LIMIT), "{:?}", watch.elapsed());
    for reply in [login, refresh] {
        expect_outage(&reply);
        assert!(reply.text().contains("nothing was changed"), "{}", reply.text());
    }
    assert!(alive);
    assert_eq!(server.call(Method::GET, "/health").await.status, 200);
    expect_readiness(server, 503, r#"{"postgres":"down","redis":"up"}"#).await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_is_an_outage_until_it_is_back() {
    let (server, _other) = start().await;
    let tokens = server.log_in(ALICE).await;
    redis(&server).redis.kill();
    expect_no_redis(&server, &tokens).await;
    assert!(server.process.logs(&["dependency_down", "redis"]).await);
    redis(&server).redis.start_again();
    expect_recovery(&server).await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_is_an_outage_and_loses_nothing() {
    let (server, other) = start().await;
    let tokens = server.log_in(ALICE).await;
    redis(&server).redis.freeze();
    expect_no_redis(&server, &tokens).await;
    redis(&server).redis.thaw();
    expect_recovery(&server).await;
    let next = other.refresh(&tokens.refresh).await.tokens();
    assert!(server.access_token_is_alive(&tokens.access).await, "the logout was answered 503 and happened");
    assert_eq!(server.logout(&next.access, &next.refresh).await.status, 204);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_is_an_outage_until_it_is_back() {
    let (server, _other) = start().await;
    let (tokens, leaving) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    redis(&server).postgres.kill();
    expect_no_postgres(&server, &tokens).await;
    assert_eq!(server.logout(&leaving.access, &leaving.refresh).await.status, 204);
    redis(&server).postgres.start_again();
    expect_recovery(&server).await;
    server.refresh(&tokens.refresh).await.tokens();
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_postgres_is_an_outage_and_loses_nothing() {
    let (server, _other) = start().await;
    let (tokens, leaving) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    redis(&server).postgres.freeze();
    expect_no_postgres(&server, &tokens).await;
    assert_eq!(server.logout(&leaving.access, &leaving.refresh).await.status, 204);
    redis(&server).postgres.thaw();
    expect_recovery(&server).await;
    server.refresh(&tokens.refresh).await.tokens();
}

/// All guarantees at once: Redis freezes during 50 refreshes and 50 logins.
#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_of_redis_under_load_loses_no_token_and_counts_no_failure() {
    let (server, other) = start().await;
    let mut sessions = Vec::new();
    for _ in 0..50 {
        sessions.push(server.log_in(ALICE).await);
    }
    let refreshes = sessions.iter().enumerate().map(|(caller, tokens)| {
        let api = if caller % 2 == 0 { server.api() } else { other.api() };
        let token = tokens.refresh.clone();
        tokio::spawn(async move {
            pause(Duration::from_millis(u64::try_from(caller).unwrap_or(0))).await;
            api.refresh(&token).await
        })
    });
    // Each login has an email of its own, so that every counted failure is found; half of the passwords are correct.
    redis(&server).query(
        "INSERT INTO users (id, tenant_id, email, password_hash, created_at, updated_at)
         SELECT gen_random_uuid(), tenant_id, 'user-' || n || '@example.net', password_hash, now(), now()
         FROM users, generate_series(0, 49) AS n WHERE email = 'alice@example.com'",
    );
    let logins = (0..50).map(|caller| {
        let api = if caller % 2 == 0 { server.api() } else { other.api() };
        let api = api.from_address(&format!("127.0.1.{}", caller + 1));
        tokio::spawn(async move {
            pause(Duration::from_millis(caller)).await;
            if caller % 2 == 0 {
                api.login(&format!("user-{caller}@example.net"), auth_e2e::PASSWORD).await
            } else {
                api.login(&format!("stranger-{caller}@example.net"), WRONG_PASSWORD).await
            }
        })
    });
    let freeze = async {
        pause(Duration::from_millis(25)).await;
        redis(&server).redis.freeze();
        pause(Duration::from_secs(5)).await;
        redis(&server).redis.thaw();
    };
    let (refreshes, logins, ()) = tokio::join!(join_all(refreshes), join_all(logins), freeze);
    pause(Duration::from_secs(1)).await;

    let refreshes: Vec<_> = refreshes.into_iter().map(Result::unwrap).collect();
    let unanswered = refreshes.iter().filter(|reply| reply.status == 503).count();
    assert!(unanswered > 0, "Redis was frozen too late to matter");
    for (tokens, reply) in sessions.iter().zip(&refreshes) {
        let usable = if reply.status == 503 { tokens.refresh.clone() } else { reply.tokens().refresh };
        let next = other.refresh(&usable).await;
        // Redis may be frozen between a rotation and its reply. Then the 503 says so.
        let is_unknown =
            reply.status == 503 && reply.text().contains("whether anything was changed is unknown");
        if is_unknown && next.status == 401 {
            assert_eq!(next.reason().as_deref(), Some("already_used"));
        } else {
            next.tokens();
        }
    }

    // Attempts in flight count as failures after ten seconds, unless they were settled.
    pause(Duration::from_secs(10)).await;
    let logins: Vec<_> = logins.into_iter().map(Result::unwrap).collect();
    assert!(logins.iter().any(|reply| reply.status == 503), "Redis was frozen too late to matter");
    let answered = logins.iter().filter(|reply| reply.status == 401).count();
    let attempts = redis(&server).redis_cli(&["KEYS", "auth:login-failures:{login}:email:*"]);
    let counted = attempts.lines().filter(|key| !key.is_empty()).count();
    assert!(counted <= answered, "{counted} failures are counted, {answered} were answered");
}

/// An instance whose connections to Redis go through a proxy.
async fn start_behind_a_proxy() -> (Server, Proxy) {
    let installation = Installation::on(Stores::servers()).with_user(ALICE).await;
    let servers = installation.servers();
    let proxy = Proxy::start(servers.redis.port()).await;
    let url = format!("{}/{}", proxy.url(), servers.redis_database());
    (Server::start_on(installation.set("REDIS__URL", &url)).await, proxy)
}

/// The records of all sessions, read from the store and not through the proxy.
fn records(server: &Server) -> Vec<String> {
    let records = redis(server).redis_cli(&["KEYS", "auth:session:*"]);
    records.lines().filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

fn live_sessions(server: &Server) -> usize {
    let is_live = |key: &&String| redis(server).redis_cli(&["HEXISTS", key, "ended"]) == "0";
    records(server).iter().filter(is_live).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_are_503_and_a_session_that_no_client_knows_ends() {
    let (server, proxy) = start_behind_a_proxy().await;
    let (kept, used, leaving) =
        (server.log_in(ALICE).await, server.log_in(ALICE).await, server.log_in(ALICE).await);
    proxy.lose_replies_to(Some("auth:session:{"));
    // One after the other, because a lost answer silences its connection also for other calls.
    expect_unknown(server.refresh_with_key(&used.refresh, "k1")).await;
    expect_unknown(server.logout(&leaving.access, &leaving.refresh)).await;
    expect_unknown(server.login(ALICE, auth_e2e::PASSWORD)).await;
    assert_eq!(records(&server).len(), 4, "Redis did not execute the login");

    proxy.lose_replies_to(None);
    let watch = Stopwatch::start();
    while live_sessions(&server) > 2 {
        assert!(watch.elapsed() < Duration::from_secs(10), "the session of the login did not end");
        pause(Duration::from_millis(50)).await;
    }
    server.refresh(&kept.refresh).await.tokens();
    let retried = server.refresh_with_key(&used.refresh, "k1").await.tokens();
    server.refresh(&retried.refresh).await.tokens();
    // Redis had executed the logout, so its own access token is revoked.
    server.logout(&leaving.access, &leaving.refresh).await.expect_error(401, "invalid_token");
    server.expect_dead(&leaving.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_for_a_moment_are_not_missed() {
    let (server, proxy) = start_behind_a_proxy().await;
    let (used, leaving) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    let login = without_answers(&proxy, server.login(ALICE, auth_e2e::PASSWORD)).await;
    let refresh = without_answers(&proxy, server.refresh(&used.refresh)).await;
    let logout = without_answers(&proxy, server.logout(&leaving.access, &leaving.refresh)).await;
    assert_eq!(logout.status, 204);
    assert!(!server.access_token_is_alive(&leaving.access).await);
    for reply in [login, refresh] {
        server.refresh(&reply.tokens().refresh).await.tokens();
    }
    assert_eq!(live_sessions(&server), 2);
}

/// Checks for a 503 in time that states an unknown outcome.
async fn expect_unknown(call: impl Future<Output = Reply>) {
    let watch = Stopwatch::start();
    let reply = call.await;
    assert!(watch.elapsed() < in_time(LIMIT), "{:?}", watch.elapsed());
    expect_outage(&reply);
    assert!(reply.text().contains("unknown"), "{}", reply.text());
}

/// Loses the answers about sessions for a part of the time that a request may take.
async fn without_answers(proxy: &Proxy, call: impl Future<Output = Reply>) -> Reply {
    proxy.lose_replies_to(Some("auth:session:{"));
    let back = async {
        pause(Duration::from_millis(700)).await;
        proxy.lose_replies_to(None);
    };
    tokio::join!(call, back).0
}

fn redis(server: &Server) -> &Servers {
    server.installation.servers()
}
