//! The size of the login limit stays within the bounds that `docs/security.md` states.

use std::fs;
use std::time::Duration;

use auth_adapter_sqlite::SqliteLoginLimiter;
use auth_domain::model::attempt_window::{LimitBounds, LoginLimits};
use auth_domain::model::{Reservation, Settlement};
use auth_domain::ports::LoginLimiter;
use auth_testkit::{LOGIN_LIMITS, START, fail_from_many_addresses, numbered_attempt, request_time_at};

use crate::support::Folder;

/// As many emails are attacked from as many addresses.
const COUNT: u32 = 10_000;

const WINDOW_OF_TEN: u64 = 2_048;
const DAILY_COUNT: u64 = 512;

#[tokio::test(flavor = "multi_thread")]
async fn size_of_10_000_emails_and_addresses_stays_in_its_bound() {
    let folder = Folder::new();
    let database = folder.open();
    let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
    for number in 0..10 {
        assert_eq!(fail_from_many_addresses(&limiter, COUNT, number).await, COUNT as usize, "round {number}");
    }
    let rows =
        "SELECT (SELECT count(*) FROM login_failures) + (SELECT count(*) FROM login_daily_counts) AS number";
    let stored = folder.number(rows);
    assert_eq!(stored, i64::from(COUNT) * 21);
    assert_eq!(fail_from_many_addresses(&limiter, COUNT, 10).await, 0);
    assert_eq!(folder.number(rows), stored, "rejected attempts store nothing");

    // Closing the database moves its log into the file.
    drop(limiter);
    database.close();
    let size = fs::metadata(folder.path()).unwrap().len();
    let bound = u64::from(COUNT) * (2 * WINDOW_OF_TEN + DAILY_COUNT);
    println!("{COUNT} emails and addresses: {size} bytes of at most {bound}");
    assert!(size < bound, "{size} bytes");
}

/// The daily count has a bounded number of emails: the one that was idle longest leaves.
#[tokio::test]
async fn idle_emails_leave_a_full_daily_count() {
    let folder = Folder::new();
    let bounds = LimitBounds { daily_emails: 3, ..LimitBounds::SERVICE };
    let limiter = SqliteLoginLimiter::new(&folder.open(), LoginLimits { bounds, ..LOGIN_LIMITS });
    for number in 0..5 {
        let now = request_time_at(START + Duration::from_secs(number.into()));
        for address in 0..10 {
            let attempt = numbered_attempt(number, 100 * number + address);
            let reserved = limiter.reserve(&attempt, now).await.unwrap();
            let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
            limiter.settle(&ticket, Settlement::Failed, now).await.unwrap();
        }
    }
    for (number, is_counted) in [(0, false), (1, false), (2, true), (3, true), (4, true)] {
        let status = limiter.status(numbered_attempt(number, 0).email, request_time_at(START)).await.unwrap();
        assert_eq!(status.daily.is_some(), is_counted, "{number}");
    }
}
