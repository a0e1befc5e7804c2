//! Three instances on the same Postgres and Redis: all guarantees hold across them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::randomness::Randomness;
use auth_e2e::{ALICE, Api, Installation, PASSWORD, Reply, Server, Stores, Tokens, WRONG_PASSWORD, rounds};
use futures_util::future::join_all;

use crate::live_tokens::LiveTokens;

const NEW_PASSWORD: &str = "another horse battery staple";

async fn three() -> [Server; 3] {
    Server::start_three(Installation::on(Stores::servers()).without_refresh_limits()).await
}

// S-47
#[tokio::test(flavor = "multi_thread")]
async fn of_100_simultaneous_uses_of_one_token_on_three_instances_one_succeeds() {
    let servers = three().await;
    let watch = LiveTokens::watch(servers[0].installation.servers());
    for _ in 0..rounds(1_000) {
        let tokens = servers[0].log_in(ALICE).await;
        let (won, lost) = hundred_uses(&servers, &tokens).await;
        assert_eq!(won.len(), 1);
        for reply in lost {
            reply.expect_error(401, "invalid_refresh_token");
        }
        go_on_and_log_out(&servers, &won[0]).await;
    }
    assert!(watch.stop() > rounds(1_000), "too few looks");
}

// S-47, S-57
#[tokio::test(flavor = "multi_thread")]
async fn of_100_simultaneous_shared_uses_on_three_instances_16_get_one_successor() {
    // One user logs in more often than any person does.
    let installation = Installation::on(Stores::servers()).set("TOKENS__CONCURRENT_REFRESH", "share");
    let installation = installation.set("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0");
    let servers = Server::start_three(installation).await;
    let watch = LiveTokens::watch(servers[0].installation.servers());
    for _ in 0..rounds(1_000) {
        let tokens = servers[0].log_in(ALICE).await;
        let (won, lost) = hundred_uses(&servers, &tokens).await;
        let pairs: Vec<_> = won.iter().map(Reply::tokens).collect();
        let successors: BTreeSet<_> = pairs.iter().map(|pair| &pair.refresh).collect();
        let access: BTreeSet<_> = pairs.iter().map(|pair| &pair.access).collect();
        assert_eq!((pairs.len(), successors.len(), access.len()), (16, 1, 16));
        for reply in lost {
            reply.expect_error(429, "rate_limited");
            // A request may be older than the minute by up to 10 s.
            assert!((1..=70).contains(&reply.retry_after()));
        }
        go_on_and_log_out(&servers, &won[0]).await;
    }
    assert!(watch.stop() > rounds(1_000), "too few looks");
}

/// Uses a token a hundred times at once; returns the responses with a 200, and the others.
async fn hundred_uses(servers: &[Server; 3], tokens: &Tokens) -> (Vec<Reply>, Vec<Reply>) {
    let calls = (0..100).map(|caller| spawn(servers[caller % 3].api(), tokens.refresh.clone(), None));
    join_all(calls).await.into_iter().partition(|reply| reply.status == 200)
}

/// Uses the new token on another instance, ends the session, and removes what is left of it: the reader looks at all keys.
async fn go_on_and_log_out(servers: &[Server; 3], reply: &Reply) {
    let next = servers[1].refresh(&reply.tokens().refresh).await.tokens();
    assert_eq!(servers[2].logout(&next.access, &next.refresh).await.status, 204);
    assert_eq!(servers[0].installation.servers().redis_cli(&["FLUSHDB"]), "OK");
}

// S-59, S-60
#[tokio::test(flavor = "multi_thread")]
async fn after_a_logout_no_later_request_on_another_instance_succeeds() {
    let servers = three().await;
    for round in 0..rounds(1_000) {
        let first = servers[0].log_in(ALICE).await;
        let second = servers[1].refresh(&first.refresh).await.tokens();
        let (ended, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let readers: Vec<_> = (0..6)
            .map(|reader| {
                let token = if reader < 3 { &first.access } else { &second.access };
                let (api, ended, stop) = (servers[reader % 3].api(), ended.clone(), stop.clone());
                tokio::spawn(read_on(api, token.clone(), ended, stop))
            })
            .collect();
        pause(Duration::from_millis(5)).await;
        let left = servers[round % 3].logout(&second.access, &second.refresh).await;
        ended.store(true, Ordering::SeqCst);
        assert_eq!(left.status, 204, "{}", left.text());
        pause(Duration::from_millis(10)).await;
        stop.store(true, Ordering::SeqCst);
        for late in join_all(readers).await {
            assert_eq!(late.unwrap(), 0, "requests succeeded that started after the 204");
        }
        for server in &servers {
            server.expect_dead(&second.refresh).await;
        }
    }
}

/// Presents a token repeatedly; returns how often it was accepted although the session had ended before.
async fn read_on(api: Api, token: String, ended: Arc<AtomicBool>, stop: Arc<AtomicBool>) -> usize {
    let mut late = 0;
    while !stop.load(Ordering::SeqCst) {
        let had_ended = ended.load(Ordering::SeqCst);
        late += usize::from(api.access_token_is_alive(&token).await && had_ended);
    }
    late
}

// S-64
#[tokio::test(flavor = "multi_thread")]
async fn no_interleaving_of_refresh_and_logout_leaves_a_live_token() {
    let servers = three().await;
    let mut randomness = Randomness::new();
    for _ in 0..rounds(10_000) {
        let tokens = servers[0].log_in(ALICE).await;
        let key = (randomness.below(2) == 0).then_some("one-call");
        let (refreshing, leaving) = (servers[1].api(), servers[2].api());
        let (before_refresh, before_logout) = (some_time(&mut randomness), some_time(&mut randomness));
        let refreshed = async {
            pause(before_refresh).await;
            spawn(refreshing, tokens.refresh.clone(), key).await
        };
        let left = async {
            pause(before_logout).await;
            leaving.logout(&tokens.access, &tokens.refresh).await
        };
        let (refreshed, left) = tokio::join!(refreshed, left);
        assert_eq!(left.status, 204, "{}", left.text());
        expect_nothing_alive(&servers, &tokens).await;
        if refreshed.status == 200 {
            expect_nothing_alive(&servers, &refreshed.tokens()).await;
        } else {
            refreshed.expect_error(401, "invalid_refresh_token");
        }
    }
}

async fn expect_nothing_alive(servers: &[Server; 3], tokens: &Tokens) {
    assert!(!servers[0].access_token_is_alive(&tokens.access).await, "an access token is alive");
    servers[1].expect_dead(&tokens.refresh).await;
}

fn some_time(randomness: &mut Randomness) -> Duration {
    randomness.time_below(Duration::from_millis(4))
}

// S-11
#[tokio::test(flavor = "multi_thread")]
async fn of_200_wrong_logins_on_three_instances_at_most_ten_are_hashed() {
    let servers = three().await;
    let calls = (0..200).map(|caller| {
        let api = servers[caller % 3].api();
        async move { tokio::spawn(async move { api.login(ALICE, WRONG_PASSWORD).await }).await.unwrap() }
    });
    let replies = join_all(calls).await;
    let mut tried = replies.iter().filter(|reply| reply.status == 401).count();
    for reply in replies.iter().filter(|reply| reply.status != 401) {
        // A full queue is a 503; too many failures are a 429.
        assert!([429, 503].contains(&reply.status), "{}", reply.text());
        reply.retry_after();
    }
    // A busy machine may not take ten of them before their deadlines, and only those that it takes count.
    for server in servers.iter().cycle().take(30) {
        match server.login(ALICE, WRONG_PASSWORD).await.status {
            401 => tried += 1,
            429 => break,
            _ => pause(Duration::from_millis(200)).await,
        }
    }
    assert!((1..=10).contains(&tried), "{tried} were tried");
    servers[1].login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_correct_logins_on_three_instances_succeed() {
    let servers = three().await;
    let calls = (0..60).map(|caller| tokio::spawn(log_in_at_last(servers[caller % 3].api())));
    for reply in join_all(calls).await {
        reply.unwrap().tokens();
    }
}

/// Logs in. A busy machine does not hash sixty passwords before the deadline of one request, so a 503 is repeated.
async fn log_in_at_last(api: Api) -> Reply {
    let mut reply = api.login(ALICE, PASSWORD).await;
    for _ in 0..20 {
        if reply.status != 503 {
            break;
        }
        pause(Duration::from_secs(reply.retry_after())).await;
        reply = api.login(ALICE, PASSWORD).await;
    }
    reply
}

// S-27, S-28
#[tokio::test(flavor = "multi_thread")]
async fn no_racing_login_survives_a_deactivation_or_password_change() {
    // Most logins that come too late are failures; this test ignores them.
    let installation = Installation::on(Stores::servers()).set("LOGIN_LIMIT__MAX_FAILURES", "1000000");
    let servers = Server::start_three(installation).await;
    let mut randomness = Randomness::new();
    let mut password = PASSWORD;
    for round in 0..rounds(1_000) {
        let (api, wait) = (servers[round % 3].api(), randomness.time_below(Duration::from_millis(120)));
        let old = password;
        let login = async {
            pause(wait).await;
            api.login(ALICE, old).await
        };
        if round % 2 == 0 {
            let (login, done) = tokio::join!(login, servers[0].cli(&["user", "deactivate", ALICE]));
            done.expect_success();
            expect_no_session(&servers, &login).await;
            servers[0].cli(&["user", "activate", ALICE]).await.expect_success();
        } else {
            password = if old == PASSWORD { NEW_PASSWORD } else { PASSWORD };
            let set_password = ["user", "set-password", ALICE, "--password-stdin"];
            let (login, done) = tokio::join!(login, servers[0].installation.cli(&set_password, password));
            done.expect_success();
            expect_no_session(&servers, &login).await;
        }
        let list = servers[0].cli(&["session", "list", "--user", ALICE]).await.expect_success();
        assert_eq!(list.lines().count(), 1, "a session of the old state is alive:\n{list}");
    }
}

/// A login that succeeded before the change is invalid after it.
async fn expect_no_session(servers: &[Server; 3], login: &Reply) {
    if login.status == 200 {
        expect_nothing_alive(servers, &login.tokens()).await;
    } else {
        login.expect_error(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_instance_continues_the_session_of_another() {
    let servers = three().await;
    let mut tokens = servers[0].log_in(ALICE).await;
    for step in 0..12 {
        let (here, there) = (&servers[step % 3], &servers[(step + 1) % 3]);
        let next = here.refresh_with_key(&tokens.refresh, "one-call").await.tokens();
        let again = there.refresh_with_key(&tokens.refresh, "one-call").await.tokens();
        assert_eq!(next.refresh, again.refresh);
        tokens = again;
    }
    assert_eq!(servers[2].logout(&tokens.access, &tokens.refresh).await.status, 204);
    assert!(!servers[1].access_token_is_alive(&tokens.access).await);
}

#[expect(clippy::expect_used, reason = "a task that panics fails the test")]
async fn spawn(api: Api, token: String, key: Option<&'static str>) -> Reply {
    let call = async move {
        match key {
            Some(key) => api.refresh_with_key(&token, key).await,
            None => api.refresh(&token).await,
        }
    };
    tokio::spawn(call).await.expect("an answer")
}
