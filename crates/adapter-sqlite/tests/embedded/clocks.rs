//! The clock of the machine is wrong for a while: ahead or behind, until it is corrected in the running process or before a start.

use std::time::Duration;

use auth_adapter_sqlite::{OpenMode, SqliteDatabase, SqliteLoginLimiter};
use auth_domain::model::{
    EndReason, EndSession, LimitKey, LoginAttempt, Origin, Reservation, Rotation, Settlement, TicketId,
};
use auth_domain::ports::{Clock, Denylist, LoginLimiter, SessionStore, random_bytes};
use auth_testkit::{
    LOGIN_LIMIT, LOGIN_LIMITS, LOGIN_WINDOW, SESSION_POLICY, TestEntropy, TestSession, a_session, a_user_id,
    request_time_at,
};
use diesel::connection::SimpleConnection;
use time::OffsetDateTime;

use crate::support::{Folder, Sessions};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(365 * 24);

/// Opens the database as the server does, with a pause after a start.
fn serve(folder: &Folder, start_pause: Duration) -> SqliteDatabase {
    let cleanup_interval = Duration::from_millis(10);
    let mode = OpenMode { mark: true, cleanup_interval, start_pause, ..OpenMode::default() };
    folder.try_open(&folder.config(), mode).unwrap()
}

async fn opened(sessions: &Sessions, now: OffsetDateTime) -> TestSession {
    let session = a_session(a_user_id(), now);
    sessions.open(&session, now).await;
    session
}

fn an_origin() -> (LimitKey, Origin) {
    let key = || LimitKey::from_bytes(*random_bytes(&TestEntropy).unwrap());
    (key(), Origin { address: key(), network: None, pair: key(), is_exempt: false })
}

async fn reserve(
    limiter: &SqliteLoginLimiter,
    (email, origin): (LimitKey, Origin),
    now: OffsetDateTime,
) -> Reservation {
    let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
    let attempt = LoginAttempt { ticket, email, origin: Some(origin) };
    limiter.reserve(&attempt, request_time_at(now)).await.unwrap()
}

async fn attempted(
    limiter: &SqliteLoginLimiter,
    origin: (LimitKey, Origin),
    outcome: Settlement,
    now: OffsetDateTime,
) {
    let reserved = reserve(limiter, origin, now).await;
    let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
    limiter.settle(&ticket, outcome, request_time_at(now)).await.unwrap();
}

/// The number of rows that have a time later than `now`.
fn later(folder: &Folder, now: OffsetDateTime) -> i64 {
    let now = now.unix_timestamp_nanos() / 1_000;
    folder.number(&format!(
        "SELECT (SELECT count(*) FROM login_failures WHERE at > {now})
             + (SELECT count(*) FROM login_successes WHERE at > {now})
             + (SELECT count(*) FROM login_daily_counts WHERE max(at, unknown_last, known_last) > {now})
             + (SELECT count(*) FROM sessions WHERE max(created_at, rotated_at) > {now}) AS number"
    ))
}

/// Waits in real time until no time is later than `now`.
async fn corrected(folder: &Folder, now: OffsetDateTime) {
    let timeout = folder.clock.instant() + Duration::from_secs(20);
    while later(folder, now) > 0 {
        assert!(folder.clock.instant() < timeout, "{} rows are in the future", later(folder, now));
        folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(10)).await;
    }
}

// S-53, S-91
#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_ahead_has_stored_counts_from_its_correction() {
    for (by, is_restarted) in [(HOUR, false), (DAY, true), (YEAR, false), (YEAR, true)] {
        let folder = Folder::new();
        let mut database = serve(&folder, Duration::ZERO);
        folder.clock.advance(by);
        let ahead = folder.clock.now();
        let sessions = Sessions::new(&database);
        let (used, unused) = (opened(&sessions, ahead).await, opened(&sessions, ahead).await);
        let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
        let (known, attacked) = (an_origin(), an_origin());
        attempted(&limiter, known, Settlement::Succeeded, ahead).await;
        for _ in 0..LOGIN_LIMIT {
            attempted(&limiter, attacked, Settlement::Failed, ahead).await;
        }
        assert!(later(&folder, ahead - by + MINUTE) > 0);

        drop((sessions, limiter));
        if is_restarted {
            drop(database);
            folder.clock.set_back(by);
            database = serve(&folder, Duration::ZERO);
        } else {
            folder.clock.set_back(by);
        }
        let now = folder.clock.now();
        corrected(&folder, now).await;

        let sessions = Sessions::new(&database);
        let expires = now + SESSION_POLICY.refresh_ttl;
        let (rotation, _) = sessions.rotate(&used, &used.token, expires - MINUTE).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated, "{by:?} {is_restarted}");
        let (rotation, _) = sessions.rotate(&unused, &unused.token, expires + MINUTE).await.unwrap();
        assert_eq!(rotation, Rotation::Expired, "{by:?} {is_restarted}");
        let issued = request_time_at(unused.opening.access_token.expires_at - MINUTE);
        let is_revoked = sessions.denylist.contains(unused.opening.access_token.id, issued).await.unwrap();
        assert!(is_revoked, "the access token is valid again after {by:?}");

        let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
        let rejected = reserve(&limiter, attacked, now).await;
        assert!(matches!(rejected, Reservation::Rejected { .. }), "{rejected:?}");
        let free = reserve(&limiter, attacked, now + LOGIN_WINDOW).await;
        assert!(matches!(free, Reservation::Reserved(_)), "{free:?}");
        for (since, expected) in [(29 * DAY, true), (31 * DAY, false)] {
            let reserved = reserve(&limiter, known, now + since).await;
            let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
            assert_eq!(ticket.is_known, expected, "{since:?} after the correction");
        }
    }
}

// S-53
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_after_a_start_changes_no_session() {
    let folder = Folder::new();
    let database = serve(&folder, DAY);
    let now = folder.clock.now();
    let session = opened(&Sessions::new(&database), now).await;
    let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
    let known = an_origin();
    attempted(&limiter, known, Settlement::Succeeded, now).await;
    drop((database, limiter));

    folder.clock.set_back(YEAR);
    let database = serve(&folder, DAY);
    // Fifty intervals; the corrections would be made within one.
    folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(500)).await;
    folder.clock.advance(YEAR);
    let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
    let reserved = reserve(&limiter, known, now).await;
    assert!(matches!(reserved, Reservation::Reserved(ticket) if ticket.is_known), "{reserved:?}");
    let later = now + SESSION_POLICY.refresh_ttl - MINUTE;
    let (rotation, _) = Sessions::new(&database).rotate(&session, &session.token, later).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
}

// S-53, S-91
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_for_long_changes_nothing() {
    for is_restarted in [false, true] {
        let folder = Folder::new();
        // Without a pause: as if the clock did not jump for the lifetime of an access token.
        let mut database = serve(&folder, Duration::ZERO);
        let now = folder.clock.now();
        let session = opened(&Sessions::new(&database), now).await;
        let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
        let (known, attacked) = (an_origin(), an_origin());
        attempted(&limiter, known, Settlement::Succeeded, now).await;
        for _ in 0..LOGIN_LIMIT {
            attempted(&limiter, attacked, Settlement::Failed, now).await;
        }
        drop(limiter);
        // Behind twice: the first correction must not look like a jump that the second time behind undoes.
        for is_set_back in [true, false, true, false] {
            // Fifty intervals; the corrections would be made within one.
            folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(500)).await;
            if is_set_back {
                folder.clock.set_back(200 * DAY);
            } else {
                folder.clock.advance(200 * DAY);
            }
            if is_restarted {
                drop(database);
                database = serve(&folder, Duration::ZERO);
            }
        }
        let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
        let reserved = reserve(&limiter, known, now).await;
        assert!(matches!(reserved, Reservation::Reserved(ticket) if ticket.is_known), "{reserved:?}");
        let rejected = reserve(&limiter, attacked, now).await;
        assert!(matches!(rejected, Reservation::Rejected { .. }), "{rejected:?}");
        let sessions = Sessions::new(&database);
        let token = session.opening.access_token.id;
        assert!(!sessions.denylist.contains(token, request_time_at(now)).await.unwrap());
        let later = now + SESSION_POLICY.refresh_ttl - MINUTE;
        let (rotation, _) = sessions.rotate(&session, &session.token, later).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated);
    }
}

// S-53, S-91
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_over_restarts_deletes_nothing() {
    let folder = Folder::new();
    let database = serve(&folder, Duration::ZERO);
    let now = folder.clock.now();
    let session = opened(&Sessions::new(&database), now).await;
    let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
    attempted(&limiter, an_origin(), Settlement::Succeeded, now).await;
    let interval = Duration::from_millis(200);
    folder.clock.sleep_until(folder.clock.instant() + interval).await;
    drop((database, limiter));

    folder.clock.advance(YEAR);
    for _ in 0..3 {
        let database = serve(&folder, Duration::ZERO);
        let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
        folder.clock.sleep_until(folder.clock.instant() + interval).await;
        assert_eq!(folder.number("SELECT count(*) AS number FROM login_successes"), 2);
        drop((database, limiter));
    }
    folder.clock.set_back(YEAR);
    let (rotation, _) =
        Sessions::new(&serve(&folder, Duration::ZERO)).rotate(&session, &session.token, now).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
}

// S-60, S-61
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_while_the_clock_is_ahead_revokes_older_tokens() {
    for by in [HOUR, 6 * DAY, YEAR] {
        let folder = Folder::new();
        let sessions = Sessions::new(&serve(&folder, DAY));
        let now = folder.clock.now();
        let session = opened(&sessions, now).await;
        folder.clock.advance(by);
        let ahead = folder.clock.now();
        sessions.rotate(&session, &session.token, ahead).await.unwrap();
        let end =
            EndSession { session: session.token.session(), reason: EndReason::LoggedOut, also_revoke: None };
        sessions.store.end(&end, request_time_at(ahead)).await.unwrap();

        folder.clock.set_back(by);
        let token = session.opening.access_token.id;
        let is_revoked = sessions.denylist.contains(token, request_time_at(now + MINUTE)).await.unwrap();
        assert!(is_revoked, "the access token is valid again: {by:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_corrected_does_not_stop_the_cleanup() {
    let folder = Folder::new();
    let database = serve(&folder, Duration::ZERO);
    let expired = "INSERT INTO denylist VALUES (randomblob(16), 0)";
    let corrupt = "INSERT INTO login_daily_counts VALUES (randomblob(16), 1 << 60, 0, 0, 0, x'00')";
    folder.connect().batch_execute(&format!("{corrupt}; {expired}")).unwrap();
    let timeout = folder.clock.instant() + Duration::from_secs(20);
    while folder.number("SELECT count(*) AS number FROM denylist") > 0 {
        assert!(folder.clock.instant() < timeout, "the cleanup has stopped");
        folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(10)).await;
    }
    assert_eq!(folder.number("SELECT count(*) AS number FROM login_daily_counts"), 1);
    drop(database);
}
