//! Known addresses: strangers do not lock an owner out of the place where the owner usually logs in.

use auth_e2e::{ALICE, Api, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};
use futures_util::future::join_all;

const PROXY: &str = "127.0.3.1";
const HOME: &str = "203.0.113.1";
const ELSEWHERE: &str = "203.0.113.2";

async fn server(settings: &[(&str, &str)]) -> Server {
    let installation = Installation::new().set("HTTP__TRUSTED_PROXIES", PROXY);
    let installation = settings.iter().fold(installation, |new, (name, value)| new.set(name, value));
    Server::start_on(installation.with_user(ALICE).await).await
}

fn from(server: &Server, address: &str) -> Api {
    server.from_address(PROXY).with_header("x-forwarded-for", address)
}

async fn fail(api: &Api, email: &str) {
    api.login(email, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
}

/// Ten failures on an email, each from an address of its own.
async fn guess(server: &Server, email: &str) {
    for number in 0..10 {
        fail(&from(server, &format!("198.51.100.{number}")), email).await;
    }
}

// S-91
#[tokio::test]
async fn strangers_do_not_lock_an_owner_out_of_a_known_address() {
    let mut server = server(&[]).await;
    from(&server, HOME).log_in(ALICE).await;
    guess(&server, ALICE).await;
    from(&server, ELSEWHERE).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    server.from_address(PROXY).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    from(&server, HOME).log_in(ALICE).await;
    server.kill_and_restart().await;
    from(&server, HOME).log_in(ALICE).await;
    // The success from the known address left the failures of strangers.
    from(&server, ELSEWHERE).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

// S-10
#[tokio::test]
async fn a_known_address_has_ten_failures_of_its_own() {
    let server = server(&[]).await;
    let home = from(&server, HOME);
    home.log_in(ALICE).await;
    for _ in 0..10 {
        fail(&home, ALICE).await;
    }
    home.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    from(&server, ELSEWHERE).log_in(ALICE).await;
}

// S-11, S-91
#[tokio::test(flavor = "multi_thread")]
async fn owners_log_in_during_an_attack_from_200_addresses() {
    let server = server(&[]).await;
    from(&server, HOME).log_in(ALICE).await;
    let mut hashed = 0;
    for round in 0..10 {
        let guesses = (0..200).map(|number| {
            let guesser = from(&server, &format!("198.51.100.{number}"));
            tokio::spawn(async move { guesser.login(ALICE, WRONG_PASSWORD).await.status })
        });
        let guesses = tokio::spawn(join_all(guesses));
        from(&server, HOME).log_in(ALICE).await;
        for status in guesses.await.unwrap() {
            let status = status.unwrap();
            assert!([401, 429, 503].contains(&status), "{status}");
            hashed += u32::from(status == 401);
        }
        assert!((1..=10).contains(&hashed), "{hashed} guesses were checked after round {round}");
    }
    assert_eq!(hashed, 10);
    let blocked = from(&server, ELSEWHERE).login(ALICE, PASSWORD).await;
    blocked.expect_error(429, "rate_limited");
    assert!((1..=300).contains(&blocked.retry_after()), "{}", blocked.retry_after());
}

// S-91
#[tokio::test]
async fn the_daily_limit_leaves_one_attempt_a_minute() {
    let limits = [
        ("LOGIN_LIMIT__MAX_FAILURES", "2"),
        ("LOGIN_LIMIT__WINDOW", "30s"),
        ("LOGIN_LIMIT__DAILY_FAILURES", "2"),
    ];
    let server = server(&limits).await;
    from(&server, HOME).log_in(ALICE).await;
    for number in 0..2 {
        fail(&from(&server, &format!("198.51.100.{number}")), ALICE).await;
    }
    // The window is full for at most 30 seconds, and the daily limit for a minute.
    let blocked = from(&server, ELSEWHERE).login(ALICE, PASSWORD).await;
    blocked.expect_error(429, "rate_limited");
    assert!((31..=60).contains(&blocked.retry_after()), "{}", blocked.retry_after());
    from(&server, HOME).log_in(ALICE).await;
    from(&server, ELSEWHERE).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

// S-20
#[tokio::test]
async fn addresses_of_one_ipv6_48_share_a_hundred_failures() {
    let server = server(&[]).await;
    for number in 0..100 {
        fail(&from(&server, &format!("2001:db8:1:{number:x}::9")), &format!("a{number}@example.com")).await;
    }
    from(&server, "2001:db8:1:ffff::1").login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    from(&server, "2001:db8:2:ffff::1").log_in(ALICE).await;
}

#[tokio::test]
async fn an_exempt_address_is_counted_by_email_only() {
    let server = server(&[("LOGIN_LIMIT__EXEMPT", "203.0.113.0/31")]).await;
    let home = from(&server, HOME);
    for number in 0..12 {
        fail(&home, &format!("a{number}@example.com")).await;
    }
    home.log_in(ALICE).await;
    for _ in 0..10 {
        fail(&home, BOB).await;
    }
    home.login(BOB, PASSWORD).await.expect_error(429, "rate_limited");
}

#[tokio::test]
async fn addresses_have_a_limit_of_their_own() {
    let server = server(&[("LOGIN_LIMIT__MAX_FAILURES_PER_ADDRESS", "3")]).await;
    for number in 0..3 {
        fail(&from(&server, HOME), &format!("a{number}@example.com")).await;
    }
    from(&server, HOME).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
    guess(&server, BOB).await;
}

#[tokio::test]
async fn known_addresses_can_be_switched_off() {
    let server = server(&[("LOGIN_LIMIT__KNOWN_FOR", "0s")]).await;
    from(&server, HOME).log_in(ALICE).await;
    guess(&server, ALICE).await;
    from(&server, HOME).login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}
