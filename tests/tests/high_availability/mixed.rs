//! A mixed load with one random fault after the other, on each form of Redis.

use std::env;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::history::{Exception, Report};
use auth_e2e::randomness::Randomness;
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Stores, is_soak};

use crate::faults::Incident;
use crate::process::Held;
use crate::redis::Redis;
use crate::three_instances::{SHORT_ACCESS_TTL, Site, USERS};
use crate::turn;

/// Calls per second in the short form, on any machine.
const RATE: u32 = 120;
/// The memory that a process may add between the first minute and the last one.
const GROWTH_KIB: u64 = 32 * 1_024;
/// The files that a process may have more of than at the start: connections to a server that was replaced are closed later.
const MORE_FILES: usize = 40;
const SHORT: [(&str, &str); 3] = [
    ("TOKENS__ACCESS_TTL", SHORT_ACCESS_TTL),
    ("TOKENS__REFRESH_TTL", "5m"),
    ("TOKENS__CONCURRENT_REFRESH", "share"),
];

// S-47, S-59, S-60, S-66
#[tokio::test(flavor = "multi_thread")]
async fn random_faults_of_one_redis_end_no_session_without_need() {
    run(Redis::one, Fault::MixedOnOneRedis).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn random_faults_of_a_sentinel_set_end_no_session_without_need() {
    run(Redis::sentinel, Fault::MixedOnSentinel).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "just soak"]
async fn random_faults_of_a_cluster_end_no_session_without_need() {
    run(Redis::cluster, Fault::MixedOnCluster).await;
}

async fn run(redis: fn() -> &'static Redis, fault: Fault) {
    let _turn = turn().await;
    let redis = redis();
    redis.wait_until_healthy();
    let mut site = Site::start(Stores::own_servers(), redis, &SHORT).await;
    let (time, gap) = times();
    let rate = if is_soak() { share_of_the_machine(&site).await } else { RATE };
    let load = site.load(rate);
    pause(gap).await;
    let before = [0, 1].map(|instance| Held::by(&site.servers[instance]));

    let mut randomness = Randomness::new();
    let (mut incidents, mut unasked, mut forgotten, start) = (0, 0, Vec::new(), site.recorder.now());
    let mut report = Report::default();
    while site.recorder.now() < start + time {
        let all = Incident::all(redis);
        let index = usize::try_from(randomness.below(all.len().try_into().expect("few"))).expect("few");
        let incident = all[index];
        println!("{:.0} s: {incident:?}", site.recorder.now().as_secs_f64());
        let from = incident.cause(&mut site, redis, &mut randomness).await;
        incidents += 1;
        if incident.can_forget(redis) {
            forgotten.push(site.around(from));
        }
        let rest = pause((from + gap).saturating_sub(site.recorder.now()));
        if let Some(period) = site.unasked_failover_in(redis, rest).await {
            unasked += 1;
            forgotten.push(period);
        }
        report.add(site.check_closed(forgotten.clone()));
    }
    let at_the_end = site.unasked_failover_in(redis, load.stop()).await;
    unasked += usize::from(at_the_end.is_some());
    forgotten.extend(at_the_end);
    let after = [0, 1].map(|instance| Held::by(&site.servers[instance]));

    report.add(site.check(forgotten));
    report.expect_clean();
    println!("before {before:?}\nafter {after:?}");
    for (before, after) in before.into_iter().zip(after) {
        assert!(after.kib <= before.kib + GROWTH_KIB, "memory: {before:?}, later {after:?}");
        assert!(after.files <= before.files + MORE_FILES, "open files: {before:?}, later {after:?}");
    }
    if is_soak() {
        expect_few_keys(redis, &report).await;
    }
    record(fault, &report, [incidents, unasked], time);
}

/// Waits until revocations and ended sessions have expired: known addresses are left, and sessions that their clients lost, with the set of
/// their user.
async fn expect_few_keys(redis: &Redis, report: &Report) {
    let expected = 3 * USERS + 2 * report.open;
    let limit = Duration::from_mins(12);
    let start = Stopwatch::start();
    while redis.keys("auth:*") > expected {
        assert!(start.elapsed() < limit, "{} keys are left, expected {expected}", redis.keys("auth:*"));
        pause(Duration::from_secs(5)).await;
    }
}

fn record(fault: Fault, report: &Report, [incidents, unasked]: [usize; 2], time: Duration) {
    Figures::of(fault)
        .count("minutes", usize::try_from(time.as_secs() / 60).unwrap_or_default())
        .count("faults", incidents)
        .count("failovers that no fault was to cause", unasked)
        .count("load in percent of what the machine can do", usize::try_from(percent()).unwrap_or_default())
        .share("503 or no answer", report.unavailable, report.calls)
        .times("longest call", &[report.longest])
        .count("sessions", report.sessions)
        .count("rotations that a failover forgot", report.count(Exception::ForgottenRotation))
        .count("wrong answers", report.violations.len())
        .record();
}

/// Returns how long faults are caused, and the time from one to the next.
fn times() -> (Duration, Duration) {
    if !is_soak() {
        return (Duration::from_secs(8), Duration::from_secs(2));
    }
    (Duration::from_mins(setting("HOOKSENTRY_AUTH_SOAK_MINUTES", 60)), Duration::from_mins(1))
}

/// Measures how many calls a second the machine can do, and returns the share of that which the load takes.
async fn share_of_the_machine(site: &Site) -> u32 {
    let before = site.recorder.calls().len();
    let load = site.load(100_000);
    let time = Duration::from_secs(10);
    pause(time).await;
    let calls = load.stop().await.calls().len() - before;
    let per_second = u64::try_from(calls).expect("a rate") / time.as_secs();
    let rate = u32::try_from(per_second * percent() / 100).expect("a rate");
    println!("{} % are {rate} calls per second", percent());
    rate
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn percent() -> u64 {
    setting("HOOKSENTRY_AUTH_SOAK_PERCENT", 60)
}
