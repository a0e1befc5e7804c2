//! The shared contract suites, run on a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]
#![expect(clippy::unused_async, reason = "the suites await their fixtures: some have to start servers")]

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_redis::{
    CachingDenylist, RecordFormat, RedisConfig, RedisDenylist, RedisLegacyRefreshTokens, RedisLoginLimiter,
    RedisSessionStore, RedisStore, RevocationPolicy,
};
use auth_domain::ports::{Denylist, LoginLimiter};
use auth_testkit::servers::RedisServer;
use auth_testkit::{
    DENYLIST_MARGIN, Fixture, LOGIN_LIMITS, LegacyFixture, SessionFixture, TestClock, holds_within,
};

const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: DENYLIST_MARGIN };

auth_testkit::session_store_contract!(fixture = sessions(|store| store));

/// Records of the packed format.
mod packed {
    auth_testkit::session_store_contract!(fixture = crate::sessions(crate::packed));
}

/// The denylist in another slot of a cluster.
mod separate {
    auth_testkit::session_store_contract!(
        fixture = crate::sessions(|store| crate::packed(store).denylisting_separately())
    );
}

auth_testkit::denylist_contract!(fixture = denylist());

/// One process adds and asks.
mod caching {
    auth_testkit::denylist_contract!(fixture = crate::caching_denylist());
}

auth_testkit::login_limiter_contract!(fixture = limiter());
auth_testkit::legacy_refresh_tokens_contract!(fixture = legacy());

fn packed(store: RedisSessionStore) -> RedisSessionStore {
    store.with_format(RecordFormat::Packed)
}

async fn sessions(kind: fn(RedisSessionStore) -> RedisSessionStore) -> SessionFixture {
    let store = store();
    SessionFixture {
        sessions: Arc::new(kind(RedisSessionStore::new(&store, REVOCATION))),
        denylist: Arc::new(RedisDenylist::new(&store, REVOCATION)),
        keep: Box::new(()),
    }
}

async fn denylist() -> Fixture<dyn Denylist> {
    Fixture { port: Arc::new(RedisDenylist::new(&store(), REVOCATION)), keep: Box::new(()) }
}

async fn caching_denylist() -> Fixture<dyn Denylist> {
    let caching = CachingDenylist::start(&store(), REVOCATION);
    let is_trusted = || async { caching.state().is_trusted };
    assert!(holds_within(Duration::from_secs(5), is_trusted).await, "the cache is not in use");
    Fixture { port: Arc::new(caching), keep: Box::new(()) }
}

async fn limiter() -> Fixture<dyn LoginLimiter> {
    Fixture { port: Arc::new(RedisLoginLimiter::new(&store(), LOGIN_LIMITS)), keep: Box::new(()) }
}

async fn legacy() -> LegacyFixture {
    let store = store();
    LegacyFixture {
        tokens: Arc::new(RedisLegacyRefreshTokens::new(&store, REVOCATION)),
        sessions: Arc::new(RedisSessionStore::new(&store, REVOCATION)),
        denylist: Arc::new(RedisDenylist::new(&store, REVOCATION)),
        issue: Box::new(|token, holder| {
            let key = format!("auth:refresh:{}", token.expose());
            let value = format!("{}|{}", holder.user_id, holder.tenant_id);
            assert_eq!(RedisServer::shared().cli(&["SET", &key, &value, "EX", "604800"]), "OK");
            Box::pin(async {})
        }),
        keep: Box::new(()),
    }
}

/// All cases share one server: their keys contain random ids, so no case reads the keys of another.
fn store() -> RedisStore {
    let config = RedisConfig::new(RedisServer::shared().url());
    RedisStore::new(&config, TestClock::of_this_machine()).unwrap()
}
