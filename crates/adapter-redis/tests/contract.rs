//! The shared contract suites, run on a real Redis: one server, behind Sentinel, and as a cluster.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_redis::{
    CachingDenylist, RecordFormat, RedisConfig, RedisDenylist, RedisLegacyRefreshTokens, RedisLoginLimiter,
    RedisSessionStore, RedisStore, RevocationPolicy,
};
use auth_domain::ports::{Denylist, LoginLimiter};
use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet};
use auth_testkit::{
    DENYLIST_MARGIN, Fixture, LOGIN_LIMITS, LegacyFixture, START, SessionFixture, TestClock, holds_within,
    request_time_at,
};

const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: DENYLIST_MARGIN };

auth_testkit::session_store_contract!(fixture = sessions(single, |store| store));

/// Records of the packed format.
mod packed {
    auth_testkit::session_store_contract!(fixture = crate::sessions(crate::single, crate::packed));
}

/// The denylist in another slot of a cluster.
mod separate {
    auth_testkit::session_store_contract!(
        fixture = crate::sessions(crate::single, |store| crate::packed(store).denylisting_separately())
    );
}

auth_testkit::denylist_contract!(fixture = denylist(single));

/// One process adds and asks.
mod caching {
    auth_testkit::denylist_contract!(fixture = crate::caching_denylist(crate::single));
}

auth_testkit::login_limiter_contract!(fixture = limiter(single));
auth_testkit::legacy_refresh_tokens_contract!(fixture = legacy(single, issue_on_single));

/// Redis behind Sentinel.
mod sentinel {
    auth_testkit::session_store_contract!(fixture = crate::sessions(crate::behind_sentinel, |store| store));
    auth_testkit::denylist_contract!(fixture = crate::denylist(crate::behind_sentinel));
    auth_testkit::login_limiter_contract!(fixture = crate::limiter(crate::behind_sentinel));
    auth_testkit::legacy_refresh_tokens_contract!(
        fixture = crate::legacy(crate::behind_sentinel, crate::issue_behind_sentinel)
    );

    /// One process adds and asks.
    mod caching {
        auth_testkit::denylist_contract!(fixture = crate::caching_denylist(crate::behind_sentinel));
    }
}

/// A cluster of three primaries.
mod cluster {
    auth_testkit::session_store_contract!(fixture = crate::sessions(crate::on_cluster, |store| store));
    auth_testkit::denylist_contract!(fixture = crate::denylist(crate::on_cluster));
    auth_testkit::login_limiter_contract!(fixture = crate::limiter(crate::on_cluster));
    auth_testkit::legacy_refresh_tokens_contract!(
        fixture = crate::legacy(crate::on_cluster, crate::issue_on_cluster)
    );

    /// Records of the packed format.
    mod packed {
        auth_testkit::session_store_contract!(fixture = crate::sessions(crate::on_cluster, crate::packed));
    }
}

fn packed(store: RedisSessionStore) -> RedisSessionStore {
    store.with_format(RecordFormat::Packed)
}

async fn sessions(
    store: fn() -> RedisStore,
    kind: fn(RedisSessionStore) -> RedisSessionStore,
) -> SessionFixture {
    let store = connected(store()).await;
    SessionFixture {
        sessions: Arc::new(kind(RedisSessionStore::new(&store, REVOCATION))),
        denylist: Arc::new(RedisDenylist::new(&store, REVOCATION)),
        keep: Box::new(()),
    }
}

async fn denylist(store: fn() -> RedisStore) -> Fixture<dyn Denylist> {
    Fixture { port: Arc::new(RedisDenylist::new(&connected(store()).await, REVOCATION)), keep: Box::new(()) }
}

async fn caching_denylist(store: fn() -> RedisStore) -> Fixture<dyn Denylist> {
    let caching = CachingDenylist::start(&connected(store()).await, REVOCATION);
    let is_trusted = || async { caching.state().is_trusted };
    assert!(holds_within(Duration::from_secs(5), is_trusted).await, "the cache is not in use");
    Fixture { port: Arc::new(caching), keep: Box::new(()) }
}

async fn limiter(store: fn() -> RedisStore) -> Fixture<dyn LoginLimiter> {
    Fixture {
        port: Arc::new(RedisLoginLimiter::new(&connected(store()).await, LOGIN_LIMITS)),
        keep: Box::new(()),
    }
}

async fn legacy(store: fn() -> RedisStore, issue: fn(&[&str]) -> String) -> LegacyFixture {
    let store = connected(store()).await;
    LegacyFixture {
        tokens: Arc::new(RedisLegacyRefreshTokens::new(&store, REVOCATION)),
        sessions: Arc::new(RedisSessionStore::new(&store, REVOCATION)),
        denylist: Arc::new(RedisDenylist::new(&store, REVOCATION)),
        issue: Box::new(move |token, holder| {
            let key = format!("auth:refresh:{}", token.expose());
            let value = format!("{}|{}", holder.user_id, holder.tenant_id);
            assert_eq!(issue(&["SET", &key, &value, "EX", "604800"]), "OK");
            Box::pin(async {})
        }),
        keep: Box::new(()),
    }
}

fn issue_on_single(words: &[&str]) -> String {
    RedisServer::shared().cli(words)
}

fn issue_behind_sentinel(words: &[&str]) -> String {
    SentinelSet::shared().primary().cli(words)
}

fn issue_on_cluster(words: &[&str]) -> String {
    RedisCluster::shared().primary_of(words.get(1).unwrap()).cli(words)
}

/// All cases share one server: their keys contain random ids, so no case reads the keys of another.
fn single() -> RedisStore {
    store(RedisServer::shared().url())
}

fn behind_sentinel() -> RedisStore {
    store(SentinelSet::shared().url())
}

fn on_cluster() -> RedisStore {
    store(RedisCluster::shared().url())
}

/// Some cases have short deadlines, which leave no time to look for the primaries.
async fn connected(store: RedisStore) -> RedisStore {
    store.connect(request_time_at(START)).await.unwrap();
    store
}

fn store(url: String) -> RedisStore {
    RedisStore::new(&RedisConfig::new(url), TestClock::of_this_machine()).unwrap()
}
