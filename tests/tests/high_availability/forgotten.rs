//! Acknowledged writes that a failover forgets.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::history::{Exception, Report};
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Stores, rounds};

use crate::redis::Redis;
use crate::site::Site;
use crate::{faults, turn};

/// Enough for more than 100 acknowledged writes in each round.
const RATE: u32 = 200;
const CALM: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_replica_acknowledged_survives_the_failover() {
    let (report, writes, _) = fail_over("1").await;
    report.expect_clean();
    assert!(writes > rounds(1_000), "only {writes} writes were acknowledged");
    Figures::of(Fault::ForgottenWithWait).count("acknowledged writes", writes).count("forgotten", 0).record();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn writes_that_only_the_primary_acknowledged_can_be_forgotten() {
    let (report, writes, site) = fail_over("0").await;
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
    Figures::of(Fault::ForgottenWithoutWait)
        .count("acknowledged writes", writes)
        .count("forgotten rotations", rotations)
        .count("of these logged as `rotation_may_be_lost`", explained)
        .count("calls after a forgotten logout", ends)
        .record();
}

/// Cuts the primary off from its replicas and kills it, again and again; returns the checked history, and the number of acknowledged
/// rotations and logouts.
async fn fail_over(replicas: &str) -> (Report, usize, Site) {
    let _turn = turn().await;
    let redis = Redis::sentinel();
    redis.wait_until_healthy();
    let site = Site::start(Stores::servers(), redis, &[("REDIS__WAIT_REPLICAS", replicas)]).await;
    let load = site.load(RATE);
    let mut forgotten = Vec::new();
    for _ in 0..rounds(10) {
        redis.wait_until_healthy();
        pause(CALM).await;
        let from = site.recorder.now();
        faults::cut_off_and_kill(redis).await;
        forgotten.push(site.around(from));
    }
    pause(CALM).await;
    load.stop().await;
    let writes = site.recorder.calls().iter().filter(|call| call.is_acknowledged_write()).count();
    // With a replica that is waited for, nothing may be forgotten.
    let report = site.check(if replicas == "0" { forgotten } else { Vec::new() });
    (report, writes, site)
}
