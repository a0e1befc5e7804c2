//! Random faults of a running site.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::randomness::Randomness;
use auth_testkit::servers::RedisServer;

use crate::redis::Redis;
use crate::three_instances::Site;

/// How long a server is frozen or absent, if no other one replaces it.
const OUTAGE: Duration = Duration::from_millis(1_500);
/// How long a primary serves clients without its replicas, before it is killed.
const CUT_OFF: Duration = Duration::from_millis(400);
/// A password that no replica has.
const UNKNOWN: &str = "unknown";

/// A fault that every site can have, or one of its form of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Incident {
    InstanceKilled,
    PostgresKilled,
    PostgresFrozen,
    ScriptFlush,
    ClientKill,
    PrimaryKilled,
    PrimaryFrozen,
    Failover,
    SentinelKilled,
    SlotMoved,
}

impl Incident {
    /// Returns the incidents that a form of Redis can have.
    pub(super) fn all(redis: &Redis) -> Vec<Self> {
        let mut all = vec![
            Self::InstanceKilled,
            Self::PostgresKilled,
            Self::PostgresFrozen,
            Self::ScriptFlush,
            Self::ClientKill,
            Self::PrimaryKilled,
            Self::PrimaryFrozen,
        ];
        match redis {
            Redis::One(_) => (),
            Redis::Sentinel(_) => all.extend([Self::Failover, Self::SentinelKilled]),
            Redis::Cluster(_) => all.extend([Self::Failover, Self::SlotMoved]),
        }
        all
    }

    /// Returns whether acknowledged writes can be lost if no replica was waited for.
    pub(super) fn can_forget(self, redis: &Redis) -> bool {
        let replaces = matches!(self, Self::PrimaryKilled | Self::PrimaryFrozen | Self::Failover);
        replaces && !matches!(redis, Redis::One(_))
    }

    /// Waits until Redis is healthy, causes the fault, and repairs what does not repair itself; returns when the fault began.
    pub(super) async fn cause(self, site: &mut Site, redis: &Redis, randomness: &mut Randomness) -> Duration {
        redis.wait_until_healthy();
        let from = site.recorder.now();
        let postgres = site.servers[0].installation.servers().postgres;
        match self {
            // The others show whether memory and open files grow.
            Self::InstanceKilled => site.servers[2].kill_and_restart().await,
            Self::PostgresKilled => {
                postgres.kill();
                postgres.start_again();
            }
            Self::PostgresFrozen => {
                postgres.freeze();
                pause(OUTAGE).await;
                postgres.thaw();
            }
            Self::ScriptFlush => on_primaries(redis, &["SCRIPT", "FLUSH"]),
            Self::ClientKill => on_primaries(redis, &["CLIENT", "KILL", "TYPE", "normal"]),
            Self::PrimaryKilled => kill(redis).await,
            Self::PrimaryFrozen => freeze(redis).await,
            Self::Failover => fail_over(redis),
            Self::SentinelKilled => kill_a_sentinel(redis).await,
            Self::SlotMoved => move_slots(redis, randomness),
        }
        from
    }
}

fn on_primaries(redis: &Redis, words: &[&str]) {
    for primary in redis.primaries() {
        let _ = primary.cli(words);
    }
}

/// Cuts a primary off from its replicas while it goes on to serve its clients, and kills it a moment later.
pub(super) async fn cut_off_and_kill(redis: &Redis) {
    let primary = first_primary(redis);
    // Established connections stay; replicas cannot connect again.
    let set = primary.ask(&["CONFIG", "SET", "requirepass", UNKNOWN]);
    assert_eq!(set, Some(vec!["OK".to_owned()]));
    assert_eq!(primary.cli(&["--no-auth-warning", "-a", UNKNOWN, "CLIENT", "KILL", "TYPE", "replica"]), "2");
    pause(CUT_OFF).await;
    kill(redis).await;
}

/// Kills a primary, and starts it again: at once if it is the only server, otherwise as a replica of its successor.
async fn kill(redis: &Redis) {
    let primary = first_primary(redis);
    primary.kill();
    match redis {
        Redis::One(_) => {
            pause(OUTAGE).await;
            primary.start_again();
        }
        Redis::Sentinel(set) => {
            set.wait_for_another_primary(primary);
            set.rejoin(primary);
        }
        Redis::Cluster(cluster) => {
            cluster.wait_for_another_primary(primary);
            primary.start_again();
        }
    }
}

/// Freezes a primary until it is replaced, or for a while if it is the only server.
async fn freeze(redis: &Redis) {
    let primary = first_primary(redis);
    primary.freeze();
    match redis {
        Redis::One(_) => pause(OUTAGE).await,
        Redis::Sentinel(set) => set.wait_for_another_primary(primary),
        Redis::Cluster(cluster) => cluster.wait_for_another_primary(primary),
    }
    primary.thaw();
}

/// Replaces a primary that is alive.
pub(super) fn fail_over(redis: &Redis) {
    match redis {
        Redis::One(_) => (),
        Redis::Sentinel(set) => set.fail_over(),
        Redis::Cluster(cluster) => {
            let _ = cluster.fail_over(first_primary(redis));
        }
    }
}

/// Kills one of the sentinels, and starts it again.
async fn kill_a_sentinel(redis: &Redis) {
    let Redis::Sentinel(set) = redis else { return };
    let [sentinel, ..] = set.sentinels();
    sentinel.kill();
    pause(OUTAGE).await;
    sentinel.start_again();
}

/// Moves slots with sessions to other primaries.
fn move_slots(redis: &Redis, randomness: &mut Randomness) {
    let Redis::Cluster(cluster) = redis else { return };
    let slots: Vec<u16> = cluster.primaries().into_iter().flat_map(|node| slots(cluster, node)).collect();
    for _ in 0..4 {
        let count = u64::try_from(slots.len()).expect("few slots");
        let index = usize::try_from(randomness.below(count.max(1))).expect("a small number");
        if let Some(slot) = slots.get(index) {
            let _ = cluster.move_slot(*slot);
        }
    }
}

/// Returns the slots of the sessions on a node.
fn slots(cluster: &auth_testkit::servers::RedisCluster, node: &RedisServer) -> Vec<u16> {
    let keys = node.cli(&["--scan", "--pattern", "auth:session:*"]);
    keys.lines().take(20).map(|key| cluster.slot_of(key)).collect()
}

fn first_primary(redis: &Redis) -> &RedisServer {
    redis.primaries().into_iter().next().expect("a primary")
}
