//! The clock of the machine is wrong: libfaketime moves it under the running service, and under its Redis.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};
use auth_testkit::servers::{FakeClock, RedisServer};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;
/// Two searches for expired rows.
const CLEANUP: Duration = Duration::from_secs(11);
/// The lifetime of access tokens in the test that waits for it.
const SHORT_LIVED: Duration = Duration::from_secs(5);

async fn serve(clock: &FakeClock, installation: Installation) -> Server {
    let process = installation.spawn_under(&clock.wrapper(), &["serve"]);
    Server::adopt(installation, process).await
}

async fn restart(clock: &FakeClock, server: Server) -> Server {
    let (installation, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    serve(clock, installation).await
}

/// A service whose clock is moved, and its Redis with it, if it has one.
struct Moved {
    clock: FakeClock,
    server: Server,
    _redis: Option<RedisServer>,
}

impl Moved {
    async fn embedded() -> Self {
        Self::on(Installation::embedded(), |_| None).await
    }

    /// The embedded store, which corrects sessions after [`SHORT_LIVED`] and the margin.
    async fn short_lived() -> Self {
        let installation = Installation::embedded()
            .set("TOKENS__ACCESS_TTL", &format!("{}s", SHORT_LIVED.as_secs()))
            .set("TOKENS__DENYLIST_MARGIN", "6s");
        Self::on(installation, |_| None).await
    }

    async fn on_redis() -> Self {
        let start = |clock: &FakeClock| RedisServer::start_by(&clock.redis_wrapper());
        Self::on(Installation::embedded(), |clock| Some(start(clock))).await
    }

    async fn on(installation: Installation, redis: impl Fn(&FakeClock) -> Option<RedisServer>) -> Self {
        let clock = FakeClock::new();
        let redis = redis(&clock);
        let mut installation = installation.with_user(ALICE).await.with_user(BOB).await;
        if let Some(redis) = &redis {
            installation = installation.set("TOKENS__BACKEND", "redis").set("REDIS__URL", &redis.url());
            installation = installation.set("JWT__KEY", "7sE2nHfA8LgKDx3kPzUwV9c0bqT5mYJr");
        }
        let server = serve(&clock, installation).await;
        Self { clock, server, _redis: redis }
    }

    async fn restarted(mut self) -> Self {
        self.server = restart(&self.clock, self.server).await;
        self
    }

    async fn block_bob(&self) {
        for _ in 0..10 {
            self.server.login(BOB, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
        }
        self.server.login(BOB, PASSWORD).await.expect_error(429, "rate_limited");
    }
}

/// What a clock ahead has stored counts from the correction on.
async fn is_corrected(moved: Moved, ahead: i64, is_restarted: bool) {
    moved.clock.set(ahead);
    let tokens = moved.server.log_in(ALICE).await;
    moved.block_bob().await;
    moved.clock.set(0);
    let moved = if is_restarted { moved.restarted().await } else { moved };

    let blocked = moved.server.login(BOB, PASSWORD).await;
    blocked.expect_error(429, "rate_limited");
    assert!(blocked.retry_after() <= 300, "{} s after {ahead} s", blocked.retry_after());
    moved.server.me(&tokens.access).await.expect_error(401, "invalid_token");
    let next = moved.server.refresh(&tokens.refresh).await.tokens();
    assert_eq!(moved.server.me(&next.access).await.status, 200);
    moved.clock.set(301);
    assert_eq!(moved.server.login(BOB, PASSWORD).await.status, 200, "blocked for longer than the window");

    moved.clock.set(ahead);
    moved.server.me(&tokens.access).await.expect_error(401, "invalid_token");
}

// S-23, S-36
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn what_a_clock_ahead_has_stored_does_not_count_for_longer() {
    for (ahead, is_restarted) in [(HOUR, true), (DAY, false), (YEAR, false), (YEAR, true)] {
        is_corrected(Moved::embedded().await, ahead, is_restarted).await;
        is_corrected(Moved::on_redis().await, ahead, is_restarted).await;
    }
}

// S-53
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_session_of_a_clock_ahead_expires_after_a_week() {
    let moved = Moved::short_lived().await;
    moved.clock.set(YEAR);
    let (used, unused) = (moved.server.log_in(ALICE).await, moved.server.log_in(BOB).await);
    moved.clock.set(0);
    // The number of sessions that are not corrected yet.
    let in_the_future =
        "UPDATE sessions SET retries = retries WHERE rotated_at > (unixepoch() + 60) * 1000000";
    let watch = Stopwatch::start();
    while moved.server.installation.sql(in_the_future) > 0 {
        assert!(watch.elapsed() < 12 * SHORT_LIVED, "the sessions are not corrected");
        pause(Duration::from_millis(500)).await;
    }
    moved.clock.set(7 * DAY - HOUR);
    moved.server.refresh(&used.refresh).await.tokens();
    moved.clock.set(7 * DAY + HOUR);
    moved.server.refresh(&unused.refresh).await.expect_error(401, "invalid_refresh_token");
}

// S-53, S-61
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_clock_that_is_ahead_deletes_nothing() {
    let moved = Moved::embedded().await;
    let (kept, revoked) = (moved.server.log_in(ALICE).await, moved.server.log_in(BOB).await);
    assert_eq!(moved.server.logout(&revoked.access, &revoked.refresh).await.status, 204);
    moved.clock.set(YEAR);
    pause(CLEANUP).await;
    let moved = moved.restarted().await;
    pause(CLEANUP).await;
    moved.clock.set(0);
    moved.server.me(&revoked.access).await.expect_error(401, "invalid_token");
    assert_eq!(moved.server.me(&kept.access).await.status, 200);
    moved.server.refresh(&kept.refresh).await.tokens();
}

// S-60
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_logout_while_the_clock_is_ahead_revokes_older_tokens() {
    let moved = Moved::embedded().await;
    for ahead in [HOUR, DAY] {
        let before = moved.server.log_in(ALICE).await;
        moved.clock.set(ahead);
        let tokens = moved.server.refresh(&before.refresh).await.tokens();
        assert_eq!(moved.server.logout(&tokens.access, &tokens.refresh).await.status, 204);
        moved.clock.set(0);
        moved.server.me(&before.access).await.expect_error(401, "invalid_token");
    }
}

/// A clock that is behind neither blocks nor logs out anybody after its correction.
async fn is_harmless(moved: Moved, behind: i64) {
    let (used, unused) = (moved.server.log_in(ALICE).await, moved.server.log_in(ALICE).await);
    moved.clock.set(-behind);
    let next = moved.server.refresh(&used.refresh).await.tokens();
    assert_eq!(moved.server.me(&next.access).await.status, 200);
    moved.block_bob().await;
    let moved = moved.restarted().await;
    moved.clock.set(0);
    assert_eq!(moved.server.login(BOB, PASSWORD).await.status, 200, "blocked for longer than the window");
    assert_eq!(moved.server.me(&unused.access).await.status, 200);
    moved.server.refresh(&unused.refresh).await.tokens();
    if behind < 7 * DAY {
        moved.server.refresh(&next.refresh).await.tokens();
    }
}

// S-23, S-53
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_clock_that_was_behind_ends_no_session() {
    for behind in [HOUR, DAY, YEAR] {
        is_harmless(Moved::embedded().await, behind).await;
        is_harmless(Moved::on_redis().await, behind).await;
    }
}

// S-53
#[tokio::test]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_clock_that_is_behind_for_long_ends_no_session() {
    let moved = Moved::short_lived().await;
    let tokens = moved.server.log_in(ALICE).await;
    pause(CLEANUP).await;
    moved.clock.set(-200 * DAY);
    let moved = moved.restarted().await;
    // The lifetime and the margin, and a search after them.
    pause(2 * CLEANUP).await;
    moved.clock.set(0);
    moved.server.refresh(&tokens.refresh).await.tokens();
}
