//! The memory of the login limit stays within the bounds that `docs/security.md` states.

use auth_domain::model::{ClientAddress, Email, LimitKeys, LoginAttempt, Reservation, Settlement};
use auth_domain::ports::LoginLimiter;
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, fail_from_many_addresses, numbered_attempt, request_time_at};

use crate::stored_limits::hex;
use crate::support::Ports;

/// As many emails are attacked from as many addresses.
const COUNT: u32 = 10_000;

const WINDOW_OF_TEN: u64 = 1_024;
const DAILY_COUNT: u64 = 512;

fn used_memory(server: &RedisServer) -> u64 {
    let info = server.cli(&["INFO", "memory"]);
    info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap()
}

fn usage(server: &RedisServer, key: &str) -> u64 {
    server.cli(&["MEMORY", "USAGE", key, "SAMPLES", "0"]).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_10_000_emails_and_addresses_stays_in_its_bound() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let before = used_memory(&server);
    for number in 0..10 {
        assert_eq!(
            fail_from_many_addresses(&ports.limiter, COUNT, number).await,
            COUNT as usize,
            "round {number}"
        );
    }
    let used = used_memory(&server) - before;
    let bound = u64::from(COUNT) * (2 * WINDOW_OF_TEN + DAILY_COUNT);
    println!("{COUNT} emails and addresses: {used} bytes of at most {bound}");
    assert!(used < bound, "{used} bytes");

    let first = numbered_attempt(0, 0);
    for (key, most) in [
        (format!("auth:login-failures:{{login}}:email:{}", hex(first.email)), WINDOW_OF_TEN),
        (format!("auth:login-failures:{{login}}:address:{}", hex(first.address().unwrap())), WINDOW_OF_TEN),
        (format!("auth:login-daily:{{login}}:{}", hex(first.email)), DAILY_COUNT),
    ] {
        assert!((1..most).contains(&usage(&server, &key)), "{key}: {}", usage(&server, &key));
    }

    // Rejected attempts store nothing.
    let keys = server.cli(&["DBSIZE"]);
    assert_eq!(fail_from_many_addresses(&ports.limiter, COUNT, 10).await, 0);
    assert_eq!(server.cli(&["DBSIZE"]), keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn known_addresses_and_networks_stay_in_their_bounds() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let succeed = async |attempt: LoginAttempt| {
        let reserved = ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
        let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
        ports.limiter.settle(&ticket, Settlement::Succeeded, request_time_at(START)).await.unwrap();
    };
    for number in 0..40 {
        succeed(numbered_attempt(0, number)).await;
        succeed(numbered_attempt(number, 0)).await;
    }
    let (keys, network) = (LimitKeys::derive(b"memory"), "2001:db8::");
    for number in 0..100 {
        let (email, address) = (
            Email::parse(&format!("user{}@example.com", 1_000 + number)).unwrap(),
            format!("2001:db8:0:{number:x}::1").parse().unwrap(),
        );
        let origin = keys.origin(&email, ClientAddress::new(address), false);
        let failing =
            LoginAttempt { email: keys.email(&email), origin: Some(origin), ..numbered_attempt(0, 0) };
        ports.limiter.reserve(&failing, request_time_at(START)).await.unwrap();
    }
    let (first, network) = (numbered_attempt(0, 0), ClientAddress::new(network.parse().unwrap()));
    for (key, members, most) in [
        (format!("auth:known:{{login}}:{}", hex(first.email)), "32", 2_048),
        (format!("auth:known-emails:{{login}}:{}", hex(first.address().unwrap())), "21", 2_048),
        (
            format!("auth:login-failures:{{login}}:network:{}", hex(keys.network(network).unwrap())),
            "100",
            8_192,
        ),
    ] {
        assert_eq!(server.cli(&["ZCARD", &key]), members, "{key}");
        assert!((1..most).contains(&usage(&server, &key)), "{key}: {}", usage(&server, &key));
    }
}

/// The daily count has a bounded number of emails: the one that was idle longest leaves.
#[tokio::test(flavor = "multi_thread")]
async fn idle_emails_leave_a_full_daily_count() {
    let server = RedisServer::start();
    let ports = Ports::with_daily_emails(&server, 3);
    for number in 0..5 {
        let now = request_time_at(START + std::time::Duration::from_secs(number.into()));
        for address in 0..10 {
            let attempt = numbered_attempt(number, 100 * number + address);
            let reserved = ports.limiter.reserve(&attempt, now).await.unwrap();
            let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
            ports.limiter.settle(&ticket, Settlement::Failed, now).await.unwrap();
        }
    }
    for (number, is_counted) in [(0, "0"), (1, "0"), (2, "1"), (3, "1"), (4, "1")] {
        let key = format!("auth:login-daily:{{login}}:{}", hex(numbered_attempt(number, 0).email));
        assert_eq!(server.cli(&["EXISTS", &key]), is_counted, "{number}");
    }
    assert_eq!(server.cli(&["ZCARD", "auth:login-daily:{login}"]), "3");
}
