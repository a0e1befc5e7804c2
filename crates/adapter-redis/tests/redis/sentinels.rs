//! Choice between conflicting sentinel answers.

use std::error::Error;
use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RedisConfig, RedisStore};
use auth_domain::ports::{Denylist, PortErrorKind};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestClock, a_user_id, an_access_token, holds_within, request_time_at};

use crate::fake_sentinel::FakeSentinel;
use crate::support::{Ports, REVOCATION, real_instant};

const LOCAL: &str = "127.0.0.1";

async fn three() -> [FakeSentinel; 3] {
    [FakeSentinel::start().await, FakeSentinel::start().await, FakeSentinel::start().await]
}

fn all_name(sentinels: &[FakeSentinel], epoch: u64, host: &str, port: u16) {
    for sentinel in sentinels {
        sentinel.name(epoch, host, port);
    }
}

fn primary(store: &RedisStore) -> Vec<String> {
    store.topology().primaries.into_iter().map(|primary| primary.address).collect()
}

async fn follows(ports: &Ports, server: &RedisServer, time: Duration) -> bool {
    let expected = vec![format!("{LOCAL}:{}", server.port())];
    holds_within(time, || async { primary(&ports.store) == expected }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_view_is_followed_and_an_older_one_is_not() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let sentinels = three().await;
    all_name(&sentinels, 1, LOCAL, old.port());
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    let user = a_user_id();
    let session = ports.opened_by(user).await;
    assert_eq!(primary(&ports.store), [format!("{LOCAL}:{}", old.port())]);
    assert_eq!(ports.store.primary_replaced_at(user), None);

    // One sentinel knows of a failover.
    sentinels[2].name(2, LOCAL, new.port());
    assert!(follows(&ports, &new, Duration::from_secs(2)).await, "the failover is not followed");
    assert!(ports.store.primary_replaced_at(user).is_some());
    assert_eq!(ports.log_out(&session, None).await.unwrap(), auth_domain::model::Ending::Unknown);
    let clients = || async { old.cli(&["CLIENT", "LIST", "TYPE", "normal"]).lines().count() == 1 };
    assert!(
        holds_within(Duration::from_secs(1), clients).await,
        "connections to the former primary stay open"
    );

    // It cannot be asked any more, and one of the others is cut off from the third. It is not a majority.
    sentinels[2].name(0, LOCAL, old.port());
    sentinels[1].name(3, LOCAL, new.port());
    let token = an_access_token(START);
    ports.denylist.add(token, request_time_at(START)).await.unwrap();
    assert!(!follows(&ports, &old, Duration::from_millis(1_500)).await, "an older view is followed");
    assert!(ports.is_revoked(token).await);
    assert_eq!(new.cli(&["EXISTS", &format!("auth:jwt:revoked:{}", token.id)]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn majority_that_begins_anew_is_followed_after_a_while() {
    let (first, second) = (RedisServer::start(), RedisServer::start());
    let sentinels = three().await;
    all_name(&sentinels, 7, LOCAL, first.port());
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    ports.opened().await;
    // As after `SENTINEL REMOVE` and `SENTINEL MONITOR`.
    all_name(&sentinels, 0, LOCAL, second.port());
    assert!(
        !follows(&ports, &second, Duration::from_secs(2)).await,
        "the sentinels may not know of a failover yet"
    );
    assert!(follows(&ports, &second, Duration::from_secs(6)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn majority_overrules_one_sentinel_with_a_higher_epoch() {
    let (right, wrong) = (RedisServer::start(), RedisServer::start());
    let sentinels = three().await;
    all_name(&sentinels, 1, LOCAL, right.port());
    sentinels[0].name(9, LOCAL, wrong.port());
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    ports.opened().await;
    assert!(
        follows(&ports, &wrong, Duration::from_secs(1)).await,
        "it may be the first to know of a failover"
    );
    assert!(follows(&ports, &right, Duration::from_secs(8)).await, "the majority is ignored");
    assert!(
        !follows(&ports, &wrong, Duration::from_millis(1_200)).await,
        "the majority was followed only once"
    );
    // A failover that the majority observes.
    sentinels[1].name(2, LOCAL, wrong.port());
    assert!(follows(&ports, &wrong, Duration::from_secs(2)).await, "the failover is not followed");
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn reload_with_other_sentinels_or_another_name_begins_anew() {
    let (first, second, third) = (RedisServer::start(), RedisServer::start(), RedisServer::start());
    let (sentinels, others) = (three().await, three().await);
    all_name(&sentinels, 7, LOCAL, first.port());
    all_name(&others, 2, LOCAL, second.port());
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    ports.opened().await;
    let is_revoked_on = async |server: &RedisServer| {
        let token = an_access_token(START);
        ports.denylist.add(token, request_time_at(START)).await.unwrap();
        server.cli(&["EXISTS", &format!("auth:jwt:revoked:{}", token.id)]) == "1"
    };
    assert!(is_revoked_on(&first).await);
    let reload = |url: String| ports.store.prepare(&RedisConfig::new(url)).unwrap().apply();

    reload(FakeSentinel::url(&others));
    assert!(is_revoked_on(&second).await, "the former sentinels have a higher epoch");
    // Another primary of the same sentinels.
    all_name(&others, 1, LOCAL, third.port());
    reload(FakeSentinel::url(&others).replace("/main", "/other"));
    assert!(is_revoked_on(&third).await, "the former primary has a higher epoch");
    assert_eq!(primary(&ports.store), [format!("{LOCAL}:{}", third.port())]);
}

/// The ports of an instance that can ask only so many of three sentinels from now on. Like a verifier, it makes no checks of its own.
async fn reaching(sentinels: usize, primary: &RedisServer) -> (Ports, Vec<FakeSentinel>) {
    let mut all = Vec::from(three().await);
    all_name(&all, 1, LOCAL, primary.port());
    let ports = Ports::at(&FakeSentinel::url(&all));
    assert!(!ports.is_revoked(an_access_token(START)).await);
    all.truncate(sentinels);
    (ports, all)
}

async fn replicate(primary: &RedisServer, replica: &RedisServer) {
    assert_eq!(primary.cli(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]), "OK");
    assert_eq!(replica.cli(&["REPLICAOF", LOCAL, &primary.port().to_string()]), "OK");
    let is_online = || async { primary.cli(&["INFO", "replication"]).contains("state=online") };
    assert!(holds_within(Duration::from_secs(10), is_online).await, "it does not replicate");
}

#[tokio::test(flavor = "multi_thread")]
async fn primary_without_replicas_and_most_sentinels_is_not_believed() {
    let (alone, replicated, replica) = (RedisServer::start(), RedisServer::start(), RedisServer::start());
    replicate(&replicated, &replica).await;
    let (one_is_dead, _two) = reaching(2, &alone).await;
    let (has_replica, _one) = reaching(1, &replicated).await;
    let (cut_off, _one) = reaching(1, &alone).await;
    let cached = CachingDenylist::start(&cut_off.store, REVOCATION);
    let (token, revoked, since) = (an_access_token(START), an_access_token(START), real_instant());
    cut_off.denylist.add(revoked, request_time_at(START)).await.unwrap();

    let error = async || cut_off.denylist.contains(token.id, request_time_at(START)).await.err();
    assert!(holds_within(Duration::from_secs(20), || async { error().await.is_some() }).await);
    assert!(since.elapsed() > Duration::from_secs(8), "{:?}", since.elapsed());
    assert_eq!(error().await.unwrap().kind(), PortErrorKind::Unavailable);
    assert!(cut_off.is_revoked(revoked).await, "an entry is certain");
    let is_trusted = || async { cached.state().is_trusted };
    let is_untrusted = || async { !cached.state().is_trusted };
    assert!(holds_within(Duration::from_secs(3), is_untrusted).await, "the cache is in use");
    assert!(cached.contains(token.id, request_time_at(START)).await.is_err());
    assert!(!one_is_dead.is_revoked(token).await, "most sentinels answer");
    assert!(!has_replica.is_revoked(token).await, "the primary has a replica");

    replicate(&alone, &replica).await;
    assert!(holds_within(Duration::from_secs(5), || async { error().await.is_none() }).await);
    assert!(holds_within(Duration::from_secs(15), is_trusted).await, "the cache is not in use again");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_is_no_primary_is_not_used() {
    let (primary, replica) = (RedisServer::start(), RedisServer::start());
    assert_eq!(replica.cli(&["REPLICAOF", LOCAL, &primary.port().to_string()]), "OK");
    let sentinels = three().await;
    all_name(&sentinels, 1, LOCAL, replica.port());
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    let asked = ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await;
    assert_eq!(asked.unwrap_err().kind(), PortErrorKind::Unavailable);
    // The caller asks the sentinels again, and does not wait for the next round.
    sentinels[0].name(2, LOCAL, primary.port());
    assert!(!ports.is_revoked(an_access_token(START)).await);
}

// S-86
#[tokio::test(flavor = "multi_thread")]
async fn plain_text_to_a_discovered_machine_needs_permission() {
    let sentinels = three().await;
    all_name(&sentinels, 1, "192.0.2.1", 6379);
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    let rejected =
        ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await.unwrap_err();
    assert_eq!(rejected.kind(), PortErrorKind::Misconfigured);
    let text = rejected.source().unwrap().to_string();
    assert!(text.contains("plain text to another machine"), "{text}");
}

// S-95
#[tokio::test(flavor = "multi_thread")]
async fn name_that_no_sentinel_knows_is_a_misconfiguration() {
    let sentinels = three().await;
    let ports = Ports::at(&FakeSentinel::url(&sentinels));
    let rejected =
        ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await.unwrap_err();
    assert_eq!(rejected.kind(), PortErrorKind::Misconfigured);
    let text = rejected.source().unwrap().to_string();
    assert!(text.starts_with("REDIS__URL: the sentinels know no primary of this name"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_cannot_change_the_form() {
    let server = RedisServer::start();
    let store = RedisStore::new(&RedisConfig::new(server.url()), TestClock::of_this_machine()).unwrap();
    let sentinel = RedisConfig::new("redis-sentinel://127.0.0.1/main".to_owned());
    let error = store.prepare(&sentinel).err().unwrap().to_string();
    assert!(error.starts_with("REDIS__URL: ") && error.contains("restart"), "{error}");
}
