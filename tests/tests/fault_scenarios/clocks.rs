//! The clock of one of two instances is stepped under load.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::history::{Recorder, Rules, check};
use auth_e2e::load::Load;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores, Tokens};
use auth_testkit::servers::FakeClock;
use reqwest::Method;

use crate::scenario::{expect_no_panic, mix, outages, with_users};

const HOUR: i64 = 3_600;
/// The lifetime of access tokens, and the largest leeway.
const ACCESS_TTL: Duration = Duration::from_secs(4);
const LEEWAY: Duration = Duration::from_secs(5);
/// An instance notices the step, or the correction, within this time.
const NOTICED: Duration = Duration::from_secs(2);

/// Waits until readiness has this status; returns how long it took.
async fn noticed(server: &Server, status: u16) -> Duration {
    let watch = Stopwatch::start();
    while server.call(Method::GET, "/health/ready").await.status != status {
        assert!(watch.elapsed() < NOTICED, "readiness is not {status}");
        pause(Duration::from_millis(20)).await;
    }
    watch.elapsed()
}

/// Checks that an instance with a wrong clock issues no token, accepts no expired one, and ends no session.
async fn expect_out(moved: &Server, other: &Server, expired: &Tokens) {
    let tokens = other.log_in(ALICE).await;
    let expect_unavailable = |reply: auth_e2e::Reply| reply.expect_error(503, "service_unavailable");
    expect_unavailable(moved.login(ALICE, PASSWORD).await);
    expect_unavailable(moved.refresh(&tokens.refresh).await);
    for _ in 0..5 {
        let status = moved.me(&expired.access).await.status;
        assert!([401, 503].contains(&status), "{status} for an expired token");
    }
    other.refresh(&tokens.refresh).await.tokens();
}

// S-36
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs libfaketime: run by `just interop`"]
async fn a_stepped_clock_takes_its_instance_out_and_ends_no_session() {
    let first = with_users(Installation::on(Stores::servers())).await;
    let ttl = format!("{}s", ACCESS_TTL.as_secs());
    let first = first.set("TOKENS__ACCESS_TTL", &ttl).set("TOKENS__DENYLIST_MARGIN", "10s");
    let (second, clock) = (first.another_instance(), FakeClock::new());
    let process = second.spawn_under(&clock.wrapper(), &["serve"]);
    let (other, moved) = (Server::start_on(first).await, Server::adopt(second, process).await);
    let (issued, expired) = (Stopwatch::start(), moved.log_in(ALICE).await);
    assert_eq!(moved.me(&expired.access).await.status, 200);
    let load = Load::start(Arc::new(Recorder::new([other.api()])), &mix());
    pause(ACCESS_TTL + LEEWAY).await;

    let mut times = [Vec::new(), Vec::new()];
    // At the last one the expired token seems to be valid.
    let age = i64::try_from(issued.elapsed().as_secs()).unwrap();
    for step in [HOUR, -HOUR, -age] {
        clock.set(step);
        times[usize::from(step < 0)].push(noticed(&moved, 503).await);
        expect_out(&moved, &other, &expired).await;
        clock.set(0);
        noticed(&moved, 200).await;
        let tokens = moved.log_in(ALICE).await;
        assert_eq!(other.me(&tokens.access).await.status, 200);
        moved.refresh(&tokens.refresh).await.tokens();
    }

    let calls = load.stop().await.calls();
    let rules = Rules { access_ttl: ACCESS_TTL, ..Rules::default() };
    check(&calls, &rules).expect_clean();
    assert!(outages(&calls, Duration::ZERO).is_empty(), "another instance was affected");
    [&other, &moved].into_iter().for_each(expect_no_panic);
    for (fault, times) in [Fault::ClockAhead, Fault::ClockStepped].into_iter().zip(&times) {
        let figures = Figures::of(fault).times("not ready after", times);
        figures.share("calls of the other instance that failed", 0, calls.len()).record();
    }
}
