//! The login limit: what counts, for how long, and for which email and address.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Api, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::json;

// S-10, S-12
#[tokio::test]
async fn the_eleventh_failure_on_an_email_is_429_from_any_address() {
    let server = Server::start().await;
    for part in 1..=10 {
        let client = server.from_address(&format!("127.0.1.{part}"));
        client.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    let client = server.from_address("127.0.1.11");
    client.login(ALICE, WRONG_PASSWORD).await.expect_error(429, "rate_limited");
    client.login(&ALICE.to_uppercase(), PASSWORD).await.expect_error(429, "rate_limited");
}

// S-10
#[tokio::test]
async fn the_eleventh_failure_from_an_address_is_429_on_any_email() {
    let server = Server::start().await;
    for number in 0..10 {
        fail(&server, &format!("user{number}@example.com")).await;
    }
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    server.from_address("127.0.1.2").log_in(ALICE).await;
}

// S-14
#[tokio::test]
async fn unknown_emails_count_like_known_ones() {
    let server = Server::start().await;
    for (email, address) in [(ALICE, "127.0.2.1"), ("absent@example.com", "127.0.2.2")] {
        let client = server.from_address(address);
        block(&client, email).await;
        client.login(email, WRONG_PASSWORD).await.expect_error(429, "rate_limited");
        server.from_address("127.0.2.3").login(email, PASSWORD).await.expect_error(429, "rate_limited");
    }
}

// S-12
#[tokio::test]
async fn a_blocked_attempt_reveals_nothing_and_prolongs_nothing() {
    let server = Server::start().await;
    block(&server, ALICE).await;
    let right = server.login(ALICE, PASSWORD).await;
    let wrong = server.login(ALICE, WRONG_PASSWORD).await;
    assert_eq!(right.text(), wrong.text());
    let before = wrong.retry_after();
    for _ in 0..30 {
        server.login(ALICE, WRONG_PASSWORD).await.expect_error(429, "rate_limited");
    }
    pause(Duration::from_millis(1_100)).await;
    assert!(server.login(ALICE, WRONG_PASSWORD).await.retry_after() < before);
}

// S-23
#[tokio::test]
async fn retry_after_is_accurate_to_the_second() {
    let installation = Installation::new().set("LOGIN_LIMIT__WINDOW", "7s").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    fail(&server, ALICE).await;
    // Longer than a rounding error: the first failure leaves the window well before the others.
    pause(Duration::from_secs(3)).await;
    for _ in 0..9 {
        fail(&server, ALICE).await;
    }
    let rejected = server.login(ALICE, PASSWORD).await;
    rejected.expect_error(429, "rate_limited");
    let (asked, watch) = (Duration::from_secs(rejected.retry_after()), Stopwatch::start());
    assert!(asked <= Duration::from_secs(4), "{asked:?}");

    pause(asked.saturating_sub(Duration::from_secs(2))).await;
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    pause(asked.saturating_sub(watch.elapsed())).await;
    fail(&server, ALICE).await;
    let again = server.login(ALICE, PASSWORD).await;
    again.expect_error(429, "rate_limited");
    assert!(again.retry_after() <= 3, "the window slides: only the oldest failure has left it");
}

// S-15
#[tokio::test]
async fn a_success_clears_the_email() {
    let server = Server::start().await;
    for _ in 0..3 {
        for _ in 0..9 {
            fail(&server, ALICE).await;
        }
        server.log_in(ALICE).await;
    }
}

// S-15
#[tokio::test]
async fn a_success_clears_only_its_own_failures_of_the_address() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    for number in 0..6 {
        fail(&server, &format!("victim{number}@example.com")).await;
    }
    for _ in 0..3 {
        fail(&server, BOB).await;
    }
    server.log_in(BOB).await;
    for number in 0..4 {
        fail(&server, &format!("next{number}@example.com")).await;
    }
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

#[tokio::test]
async fn a_malformed_request_does_not_count() {
    let server = Server::start().await;
    for _ in 0..15 {
        let reply = server.post("/api/v1/auth/login", &json!({ "email": ALICE, "password": "" })).await;
        reply.expect_error(400, "invalid_request");
    }
    fail(&server, ALICE).await;
}

// S-57
#[tokio::test]
async fn refresh_and_logout_never_use_the_login_limit() {
    let server = Server::start().await;
    for _ in 0..30 {
        server.refresh(&"0".repeat(104)).await.expect_error(401, "invalid_refresh_token");
        server.logout("x", "x").await.expect_error(401, "invalid_token");
    }
    let tokens = server.log_in(ALICE).await;
    block(&server, ALICE).await;
    server.refresh(&tokens.refresh).await.tokens();
}

// S-11
#[tokio::test(flavor = "multi_thread")]
async fn of_200_simultaneous_wrong_logins_at_most_ten_are_hashed() {
    let server = Server::start().await;
    let statuses = at_once(&server, 200, WRONG_PASSWORD).await;
    let tried = statuses.iter().filter(|status| **status == 401).count();
    assert!((1..=10).contains(&tried), "{tried} were tried");
    let others = statuses.iter().filter(|status| **status != 401);
    assert!(others.clone().all(|status| [429, 503].contains(status)), "{statuses:?}");
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_simultaneous_correct_logins_of_one_address_succeed() {
    let server = Server::start().await;
    let mut left = 60;
    // A slow machine cannot hash sixty passwords in time. It answers some of the logins 503, and they are repeated.
    for _ in 0..10 {
        let statuses = at_once(&server, left, PASSWORD).await;
        assert_eq!(statuses.len(), left, "logins without an answer");
        assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
        left = statuses.iter().filter(|status| **status == 503).count();
    }
    assert_eq!(left, 0, "logins without success");
}

// S-16
#[tokio::test]
async fn the_count_survives_a_restart() {
    let mut server = Server::start().await;
    for _ in 0..10 {
        fail(&server, ALICE).await;
    }
    server.kill_and_restart().await;
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

// S-19
#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let server = behind("127.0.3.1", "x-forwarded-for").await;
    let proxy = server.from_address("127.0.3.1");
    for number in 0..10 {
        fail(&via(&proxy, "203.0.113.1"), &format!("a{number}@example.com")).await;
    }
    via(&proxy, "203.0.113.1").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    via(&proxy, "::ffff:203.0.113.1").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    via(&proxy, "203.0.113.2").log_in(ALICE).await;

    let stranger = server.from_address("127.0.3.2");
    for number in 0..10 {
        fail(&via(&stranger, &format!("203.0.113.{}", 100 + number)), &format!("b{number}@example.com"))
            .await;
    }
    via(&stranger, "203.0.113.200").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    via(&proxy, "203.0.113.2").log_in(ALICE).await;
}

// S-19
#[tokio::test]
async fn the_right_most_address_that_is_not_a_proxy_counts() {
    let server = behind("127.0.3.1, 10.0.0.0/8", "x-forwarded-for").await;
    let proxy = server.from_address("127.0.3.1");
    for number in 0..10 {
        let invented = format!("198.51.100.{number}, 203.0.113.7, 10.1.2.3");
        fail(&via(&proxy, &invented), &format!("a{number}@example.com")).await;
    }
    via(&proxy, "203.0.113.7").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    via(&proxy, "203.0.113.7, 198.51.100.1").log_in(ALICE).await;
}

// S-20
#[tokio::test]
async fn ipv6_counts_by_its_network() {
    let server = behind("127.0.3.1", "x-forwarded-for").await;
    let proxy = server.from_address("127.0.3.1");
    for number in 0..10 {
        fail(&via(&proxy, &format!("2001:db8:1:2:{number}::9")), &format!("a{number}@example.com")).await;
    }
    via(&proxy, "2001:db8:1:2:ffff::1").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    via(&proxy, "2001:db8:1:3::1").log_in(ALICE).await;
}

#[tokio::test]
async fn a_proxy_that_names_no_client_is_counted_by_email_alone() {
    let server = behind("127.0.3.1", "x-forwarded-for").await;
    let proxy = server.from_address("127.0.3.1");
    for (number, header) in [None, Some("127.0.3.1"), Some("")].into_iter().enumerate() {
        let client = header.map_or(proxy.clone(), |value| via(&proxy, value));
        for other in 0..12 {
            fail(&client, &format!("a{number}.{other}@example.com")).await;
        }
    }
    block(&proxy, ALICE).await;
    proxy.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

// S-90
#[tokio::test]
async fn unreadable_entries_count_for_their_proxy_as_one_address() {
    let server = behind("127.0.3.1, 10.1.2.3", "x-forwarded-for").await;
    let proxy = server.from_address("127.0.3.1");
    let unreadable = ["unknown", "203.0.113.1, garbage", "203.0.113.1,", "\u{fc}", "_hidden"];
    for number in 0..10 {
        fail(&via(&proxy, unreadable[number % 5]), &format!("a{number}@example.com")).await;
    }
    for header in unreadable {
        via(&proxy, header).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    }
    // Attempts through another proxy count for that proxy, and clients with an address count for themselves.
    fail(&via(&proxy, "\u{fc}, 10.1.2.3"), "b@example.com").await;
    via(&proxy, "\u{fc}, 203.0.113.1").log_in(ALICE).await;
    proxy.log_in(ALICE).await;
}

// S-90
#[tokio::test]
async fn a_flood_from_one_address_leaves_room_in_the_password_queue() {
    let slow = Installation::new()
        .set("LOGIN_LIMIT__MAX_FAILURES", "1000")
        .set("PASSWORD__CONCURRENCY", "1")
        .set("PASSWORD__MEMORY_KIB", "65536")
        .set("PASSWORD__ITERATIONS", "2");
    let server = Server::start_on(slow.with_user(ALICE).await).await;
    let flood = server.from_address("127.0.4.1");
    let calls = (0..150).map(|number| {
        let flood = flood.clone();
        tokio::spawn(
            async move { flood.login(&format!("a{number}@example.com"), WRONG_PASSWORD).await.status },
        )
    });
    let mut calls: FuturesUnordered<_> = calls.collect();
    // The first response is a rejection: from then on, the flood's share of the queue is full.
    let mut statuses = vec![calls.next().await.unwrap().unwrap()];
    server.from_address("127.0.4.2").log_in(ALICE).await;
    while let Some(status) = calls.next().await {
        statuses.push(status.unwrap());
    }
    assert_eq!(statuses[0], 503);
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn only_the_configured_header_counts() {
    let server = behind("127.0.3.1", "forwarded").await;
    let proxy = server.from_address("127.0.3.1");
    for number in 0..10 {
        let forwarded = format!("for=198.51.100.{number}, for=\"203.0.113.7:4711\";proto=https");
        let client = proxy.with_header("forwarded", &forwarded);
        fail(&via(&client, &format!("192.0.2.{number}")), &format!("a{number}@example.com")).await;
    }
    let blocked = proxy.with_header("forwarded", "for=203.0.113.7");
    blocked.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    proxy.with_header("forwarded", "for=203.0.113.8").log_in(ALICE).await;
}

async fn behind(proxies: &str, header: &str) -> Server {
    let installation = Installation::new().set("HTTP__TRUSTED_PROXIES", proxies);
    let installation = installation.set("HTTP__CLIENT_ADDRESS_HEADER", header);
    Server::start_on(installation.with_user(ALICE).await).await
}

fn via(api: &Api, client: &str) -> Api {
    api.with_header("x-forwarded-for", client)
}

async fn fail(api: &Api, email: &str) {
    api.login(email, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
}

async fn block(api: &Api, email: &str) {
    for _ in 0..10 {
        fail(api, email).await;
    }
}

async fn at_once(server: &Server, count: usize, password: &'static str) -> Vec<u16> {
    let calls = (0..count).map(|_| {
        let api = server.api();
        tokio::spawn(async move { api.login(ALICE, password).await.status })
    });
    join_all(calls).await.into_iter().filter_map(Result::ok).collect()
}
