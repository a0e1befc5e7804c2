//! `limit list` and `limit clear`, and commands that forget known addresses.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};

const HOME: &str = "127.0.1.1";
const NEW_PASSWORD: &str = "a new password, long enough";

/// The row of an email in `limit list`.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    hash: String,
    failures: String,
    opens_in: String,
    daily_unknown: String,
    daily_known: String,
    known_addresses: String,
}

async fn row(server: &Server, email: &str) -> Row {
    let listed = server.cli(&["limit", "list", "--email", email]).await.expect_success();
    let lines: Vec<_> = listed.lines().filter(|line| !line.starts_with('{')).collect();
    let [header, row] = lines.as_slice() else { panic!("two lines: {listed}") };
    assert!(header.starts_with("EMAIL HASH") && header.ends_with("KNOWN ADDRESSES"), "{header}");
    // A time to wait is one cell with a space in it.
    let cells: Vec<_> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let [hash, failures, opens_in, daily_unknown, daily_known, known_addresses] =
        cells.try_into().unwrap_or_else(|_| panic!("six cells: {row}"));
    let text = str::to_owned;
    Row {
        hash: text(hash),
        failures: text(failures),
        opens_in: text(opens_in),
        daily_unknown: text(daily_unknown),
        daily_known: text(daily_known),
        known_addresses: text(known_addresses),
    }
}

/// Fills the limit of the email from addresses that are not known for it.
async fn lock_out(server: &Server, email: &str) {
    for part in 1..=10 {
        let stranger = server.from_address(&format!("127.0.2.{part}"));
        stranger.login(email, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    server.from_address("127.0.3.1").login(email, PASSWORD).await.expect_error(429, "rate_limited");
}

// S-91
#[tokio::test]
async fn the_limit_of_an_email_is_listed_with_the_hash_of_events() {
    let server = Server::start().await;
    let open = row(&server, ALICE).await;
    assert_eq!(open, open_row(&open.hash));
    server.from_address(HOME).log_in(ALICE).await;
    lock_out(&server, ALICE).await;
    let locked = row(&server, ALICE).await;
    assert_eq!((&*locked.failures, &*locked.known_addresses, &locked.hash), ("10", "1", &open.hash));
    assert_eq!((&*locked.daily_unknown, &*locked.daily_known), ("10", "0"));
    assert!(locked.opens_in == "5m" || locked.opens_in.starts_with("4m "), "{locked:?}");
    assert!(server.process.logs(&["login_blocked", &locked.hash]).await);
    // An email without a user is counted and listed like any other.
    let absent = row(&server, "absent@example.net").await;
    assert_eq!(absent, open_row(&absent.hash));
    assert_ne!(absent.hash, open.hash);
}

// S-91
#[tokio::test]
async fn clearing_an_email_forgets_its_failures_and_known_addresses() {
    let server = Server::start().await;
    server.from_address(HOME).log_in(ALICE).await;
    lock_out(&server, ALICE).await;
    let cleared = server.cli(&["limit", "clear", "--email", ALICE]).await.expect_success();
    assert!(cleared.contains("known addresses"), "{cleared}");
    let row = row(&server, ALICE).await;
    assert_eq!(row, open_row(&row.hash));
    server.from_address("127.0.3.1").log_in(ALICE).await;
}

// S-20
#[tokio::test]
async fn clearing_an_address_allows_the_next_login_from_it() {
    let installation = Installation::new().set("HTTP__TRUSTED_PROXIES", "127.0.0.1").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    for (address, other) in [("203.0.113.9", "203.0.113.10"), ("2001:db8:1:2::3", "2001:db8:9::1")] {
        let client = server.with_header("x-forwarded-for", address);
        for number in 0..10 {
            let email = format!("absent{number}@example.net");
            client.login(&email, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
        }
        client.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
        server.cli(&["limit", "clear", "--address", other]).await.expect_success();
        client.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
        server.cli(&["limit", "clear", "--address", address]).await.expect_success();
        client.log_in(ALICE).await;
    }
}

// S-91
#[tokio::test]
async fn the_ends_of_all_sessions_forget_the_known_addresses() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    let server = Server::start_on(installation).await;
    let home = server.from_address(HOME);
    home.log_in(BOB).await;
    let commands: [(&[&str], &str); 3] = [
        (&["session", "end", "--user", ALICE, "--all"], PASSWORD),
        (&["user", "set-password", ALICE, "--password-stdin"], NEW_PASSWORD),
        (&["user", "deactivate", ALICE], NEW_PASSWORD),
    ];
    let mut password = PASSWORD;
    for (command, next) in commands {
        home.login(ALICE, password).await.tokens();
        assert_eq!(row(&server, ALICE).await.known_addresses, "1", "{command:?}");
        server.installation.cli(command, NEW_PASSWORD).await.expect_success();
        assert_eq!(row(&server, ALICE).await.known_addresses, "0", "{command:?}");
        password = next;
    }
    assert_eq!(row(&server, BOB).await.known_addresses, "1", "another email keeps its addresses");
}

// S-91
#[tokio::test]
async fn a_forgotten_address_is_blocked_with_its_email() {
    let server = Server::start().await;
    let home = server.from_address(HOME);
    home.log_in(ALICE).await;
    lock_out(&server, ALICE).await;
    home.log_in(ALICE).await;
    server.cli(&["session", "end", "--user", ALICE, "--all"]).await.expect_success();
    home.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

/// The row of an email without failures and known addresses.
fn open_row(hash: &str) -> Row {
    let [none, zero] = ["-", "0"].map(str::to_owned);
    Row {
        hash: hash.to_owned(),
        failures: zero.clone(),
        opens_in: none.clone(),
        daily_unknown: none.clone(),
        daily_known: none,
        known_addresses: zero,
    }
}
