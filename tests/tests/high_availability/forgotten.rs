//! Acknowledged writes that a failover forgets.

use std::time::Duration;

use auth_e2e::clock::{holds_within, pause};
use auth_e2e::history::{Exception, Report};
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Stores, rounds};

use crate::redis::Redis;
use crate::three_instances::Site;
use crate::{faults, turn};

const RATE: u32 = 200;
const CALM: Duration = Duration::from_secs(2);
/// The acknowledged writes before each fault, and how long they may take on a machine under load.
const WRITES: usize = 100;
const WRITES_WITHIN: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_replica_acknowledged_survives_the_failover() {
    let (report, writes, _) = fail_over("1", faults::cut_off_and_kill).await;
    expect_nothing_forgotten(&report);
    assert!(writes > rounds(10) * WRITES, "only {writes} writes were acknowledged");
    loss(Fault::ForgottenWithWait, &report, writes).record();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_that_only_the_primary_acknowledged_can_be_forgotten() {
    let (report, writes, site) = fail_over("0", faults::cut_off_and_kill).await;
    report.expect_clean();
    let [rotations, ends] =
        [Exception::ForgottenRotation, Exception::ForgottenEnd].map(|it| report.count(it));
    assert!(rotations + ends > 0, "nothing was forgotten: this shows nothing about the replicas either");
    let (mut reused, mut explained) = (0, 0);
    for call in report.exceptions.get(&Exception::ForgottenRotation).into_iter().flatten() {
        let log = site.log(&call.request);
        println!("{log}");
        reused += usize::from(log.contains("refresh_reuse_detected"));
        explained += usize::from(log.contains("\"rotation_may_be_lost\""));
    }
    assert_eq!(reused, explained, "reuse that is logged without rotation_may_be_lost");
    loss(Fault::ForgottenWithoutWait, &report, writes)
        .count("rejections logged as `rotation_may_be_lost`", explained)
        .record();
}

/// The replica that is promoted need not be the one that confirmed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn one_of_two_replicas_does_not_save_writes_from_a_failover_on_command() {
    let (report, writes, _) = fail_over("1", async |redis| faults::fail_over(redis)).await;
    report.expect_clean();
    loss(Fault::ForgottenByCommand, &report, writes).record();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn a_write_that_all_replicas_acknowledged_survives_a_failover_on_command() {
    let (report, writes, _) = fail_over("2", async |redis| faults::fail_over(redis)).await;
    expect_nothing_forgotten(&report);
    loss(Fault::KeptByAllReplicas, &report, writes).record();
}

fn expect_nothing_forgotten(report: &Report) {
    report.expect_clean();
    let forgotten = [Exception::ForgottenRotation, Exception::ForgottenEnd, Exception::UnknownAccessToken];
    assert_eq!(forgotten.map(|exception| report.count(exception)), [0; 3], "{report}");
}

fn loss(fault: Fault, report: &Report, writes: usize) -> Figures {
    Figures::of(fault)
        .count("acknowledged writes", writes)
        .count("forgotten rotations", report.count(Exception::ForgottenRotation))
        .count("calls after a forgotten logout", report.count(Exception::ForgottenEnd))
        .share("503 or no answer", report.unavailable, report.calls)
}

/// Replaces the primary again and again; returns the checked history, in which losses are exceptions, and the number of acknowledged rotations and logouts.
async fn fail_over(replicas: &str, fault: impl AsyncFn(&Redis)) -> (Report, usize, Site) {
    let _turn = turn().await;
    let redis = Redis::slow_sentinel();
    redis.wait_until_healthy();
    let site = Site::start(Stores::servers(), redis, &[("REDIS__WAIT_REPLICAS", replicas)]).await;
    let load = site.load(RATE);
    let mut forgotten = Vec::new();
    for _ in 0..rounds(10) {
        redis.wait_until_healthy();
        let before = site.recorder.acknowledged_writes();
        pause(CALM).await;
        holds_within(WRITES_WITHIN, || site.recorder.acknowledged_writes() >= before + WRITES).await;
        let from = site.recorder.now();
        fault(redis).await;
        forgotten.push(site.around(from));
    }
    pause(CALM).await;
    load.stop().await;
    let writes = site.recorder.acknowledged_writes();
    let report = site.check(forgotten);
    redis.print_failovers();
    (report, writes, site)
}
