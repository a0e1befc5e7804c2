//! The clock was a year ahead, and was corrected before a start. (`just interop` moves the clock of the running service.)

use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};

/// Moves all times into the future, as a clock that was a year ahead would have stored them.
const A_YEAR_LATER: [&str; 4] = [
    "UPDATE login_failures SET at = at + 31536000000000",
    "UPDATE login_successes SET at = at + 31536000000000",
    "UPDATE login_daily_counts SET at = at + 31536000000000, hour = hour + 8760,
     unknown_last = unknown_last + 31536000000000",
    "UPDATE sessions SET created_at = created_at + 31536000000000, rotated_at = rotated_at + 31536000000000,
     expires_at = expires_at + 31536000000000, ends_at = ends_at + 31536000000000",
];
/// Two searches of the maintenance.
const NOTICED: Duration = Duration::from_secs(15);

// S-23, S-53
#[tokio::test]
async fn times_that_a_clock_ahead_has_stored_are_corrected_after_a_start() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await.with_user(BOB).await).await;
    let tokens = server.log_in(ALICE).await;
    for _ in 0..10 {
        server.login(BOB, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    let (installation, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    for update in A_YEAR_LATER {
        assert!(installation.sql(update) > 0, "{update}");
    }

    let server = Server::start_on(installation).await;
    let count = |rows: &str| server.installation.sql(rows);
    let tomorrow = "(unixepoch() + 86400) * 1000000";
    for rows in ["login_failures SET settled = settled", "login_daily_counts SET hour = hour"] {
        let later = format!("UPDATE {rows} WHERE at > {tomorrow}");
        assert!(holds_within(NOTICED, || count(&later) == 0).await, "{later}");
    }
    let blocked = server.login(BOB, PASSWORD).await;
    blocked.expect_error(429, "rate_limited");
    assert!(blocked.retry_after() <= 300, "{} s", blocked.retry_after());

    let next = server.refresh(&tokens.refresh).await.tokens();
    assert_eq!(server.me(&next.access).await.status, 200);
    let too_long =
        "UPDATE sessions SET retries = retries WHERE ends_at > (unixepoch() + 91 * 86400) * 1000000";
    assert_eq!(count(too_long), 0, "the session has the absolute limit of the wrong clock");
}
