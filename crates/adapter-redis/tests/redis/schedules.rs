//! Generated sequences of calls on every form of Redis, with answers that the network loses and failovers that forget writes: the
//! rules of the domain hold for what is left.

mod forgetting;
mod subject;

use std::env;

use auth_testkit::generated::{compare_sessions, compare_sessions_over_a_failover};
use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet};

use self::forgetting::Forgetting;
use self::subject::Subject;

/// The number of sequences over one failover. They take a few seconds, in which the replicas are without the primary.
const SEQUENCES: usize = 30;

/// The number of sequences with lost answers, each of which takes 20 ms: more with `SOAK` in the environment.
fn lossy_sequences() -> u32 {
    if env::var_os("SOAK").is_some() { 500 } else { 15 }
}

// S-47, S-48
#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_and_repeats_obey_the_session_rules() {
    let server = RedisServer::start();
    compare_sessions(lossy_sequences(), &Subject::behind_a_proxy(&server).await).await;
}

// S-47, S-48
#[tokio::test(flavor = "multi_thread")]
async fn failover_behind_sentinel_obeys_the_session_rules() {
    let set = SentinelSet::start();
    let subject = Subject::at(&set.url());
    let (primary, replicas) = (set.primary(), set.replicas());
    let servers =
        Forgetting { subject: &subject, primary, replicas, wait: &|| set.wait_for_another_primary(primary) };
    compare_sessions_over_a_failover(SEQUENCES, &subject, &servers).await;
}

// S-47, S-48
#[tokio::test(flavor = "multi_thread")]
async fn failover_in_a_cluster_obeys_the_session_rules() {
    let cluster = RedisCluster::start();
    let subject = Subject::at(&cluster.url());
    let primary = cluster.primaries()[0];
    let servers = Forgetting {
        subject: &subject,
        primary,
        replicas: vec![cluster.replica_of(primary)],
        wait: &|| cluster.wait_for_another_primary(primary),
    };
    compare_sessions_over_a_failover(SEQUENCES, &subject, &servers).await;
}
