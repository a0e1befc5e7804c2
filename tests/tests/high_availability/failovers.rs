//! How long writes fail when a primary is replaced.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::history::Exception;
use auth_e2e::randomness::Randomness;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Stores, rounds};

use crate::faults::Incident;
use crate::redis::Redis;
use crate::three_instances::Site;
use crate::turn;

const RATE: u32 = 120;
/// Before each fault.
const CALM: Duration = Duration::from_secs(1);
/// After the failover, until the time that writes failed is read.
const RECOVERY: Duration = Duration::from_secs(3);
/// The median, and the maximum, of the times until writes succeed again.
const LIMITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_succeed_soon_after_a_primary_behind_sentinel_is_killed() {
    measure(Redis::sentinel, Fault::SentinelPrimaryKilled, Incident::PrimaryKilled).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_succeed_soon_after_a_primary_behind_sentinel_is_frozen() {
    measure(Redis::sentinel, Fault::SentinelPrimaryFrozen, Incident::PrimaryFrozen).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_succeed_soon_after_sentinel_replaces_a_live_primary() {
    measure(Redis::sentinel, Fault::SentinelFailover, Incident::Failover).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn a_dead_sentinel_delays_no_write() {
    measure(Redis::sentinel, Fault::SentinelDead, Incident::SentinelKilled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_succeed_soon_after_a_primary_of_a_cluster_is_killed() {
    measure(Redis::cluster, Fault::ClusterPrimaryKilled, Incident::PrimaryKilled).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_succeed_soon_after_a_primary_of_a_cluster_is_frozen() {
    measure(Redis::cluster, Fault::ClusterPrimaryFrozen, Incident::PrimaryFrozen).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_succeed_soon_after_a_live_primary_of_a_cluster_is_replaced() {
    measure(Redis::cluster, Fault::ClusterFailover, Incident::Failover).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn moved_slots_of_a_cluster_delay_no_write() {
    measure(Redis::cluster, Fault::ClusterSlotsMoved, Incident::SlotMoved).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn the_other_instances_go_on_with_the_sessions_of_a_killed_one() {
    measure(Redis::one, Fault::InstanceKilled, Incident::InstanceKilled).await;
}

/// Causes a fault ten times under load, and records the times until writes succeed again.
async fn measure(redis: fn() -> &'static Redis, fault: Fault, incident: Incident) {
    let _turn = turn().await;
    let redis = redis();
    redis.wait_until_healthy();
    let mut randomness = Randomness::new();
    let mut site = Site::start(Stores::servers(), redis, &[]).await;
    let load = site.load(RATE);
    let (mut times, mut forgotten) = (Vec::new(), Vec::new());
    for _ in 0..rounds(10) {
        forgotten.extend(site.unasked_failover_in(redis, pause(CALM)).await);
        let from = incident.cause(&mut site, redis, &mut randomness).await;
        let unasked = site.unasked_failover_in(redis, pause(RECOVERY)).await;
        times.push(site.recorder.writes_failed_until(from));
        site.print_failures_after(from + LIMITS[0]);
        forgotten.push(site.around(from));
        forgotten.extend(unasked);
    }
    forgotten.extend(site.unasked_failover_in(redis, load.stop()).await);
    let report = site.check(forgotten);
    report.expect_clean();
    Figures::of(fault)
        .times("writes succeed again after", &times)
        .share("503 or no answer", report.unavailable, report.calls)
        .times("longest call", &[report.longest])
        .count("forgotten rotations", report.count(Exception::ForgottenRotation))
        .record();
    times.sort();
    // One time has no median.
    assert!(times.len() < 10 || times[times.len() / 2] <= LIMITS[0], "{times:?}");
    assert!(times[times.len() - 1] <= LIMITS[1], "{times:?}");
}
