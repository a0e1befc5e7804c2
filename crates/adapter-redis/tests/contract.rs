//! The shared contract suites, run on a real Redis.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]
#![expect(clippy::unused_async, reason = "the suites await their fixtures: some have to start servers")]

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_redis::{
    RedisCachedDenylist, RedisConfig, RedisDenylist, RedisLegacyRefreshTokens, RedisLoginLimiter,
    RedisSessionStore, RedisStore,
};
use auth_domain::ports::{Denylist, LoginLimiter};
use auth_testkit::servers::RedisServer;
use auth_testkit::{
    DENYLIST_MARGIN, Fixture, LOGIN_LIMIT, LOGIN_WINDOW, LegacyFixture, SessionFixture, TestClock,
    holds_within,
};

auth_testkit::session_store_contract!(fixture = sessions());
auth_testkit::denylist_contract!(fixture = denylist());

/// The denylist that is kept in the process: the one who adds, and the one who asks, are the same.
mod cached {
    auth_testkit::denylist_contract!(fixture = crate::cached_denylist());
}

auth_testkit::login_limiter_contract!(fixture = limiter());
auth_testkit::legacy_refresh_tokens_contract!(fixture = legacy());

async fn sessions() -> SessionFixture {
    let store = store();
    SessionFixture {
        sessions: Arc::new(RedisSessionStore::new(&store)),
        denylist: Arc::new(RedisDenylist::new(&store)),
        keep: Box::new(()),
    }
}

async fn denylist() -> Fixture<dyn Denylist> {
    Fixture { port: Arc::new(RedisDenylist::new(&store())), keep: Box::new(()) }
}

async fn cached_denylist() -> Fixture<dyn Denylist> {
    let cached = RedisCachedDenylist::follow(&store());
    let is_current = || async { cached.state().is_current };
    assert!(holds_within(Duration::from_secs(5), is_current).await, "nothing is cached");
    Fixture { port: Arc::new(cached), keep: Box::new(()) }
}

async fn limiter() -> Fixture<dyn LoginLimiter> {
    Fixture { port: Arc::new(RedisLoginLimiter::new(&store())), keep: Box::new(()) }
}

async fn legacy() -> LegacyFixture {
    let store = store();
    LegacyFixture {
        tokens: Arc::new(RedisLegacyRefreshTokens::new(&store)),
        sessions: Arc::new(RedisSessionStore::new(&store)),
        denylist: Arc::new(RedisDenylist::new(&store)),
        issue: Box::new(|token, holder| {
            let key = format!("auth:refresh:{}", token.expose());
            let value = format!("{}|{}", holder.user_id, holder.tenant_id);
            assert_eq!(RedisServer::shared().cli(&["SET", &key, &value, "EX", "604800"]), "OK");
            Box::pin(async {})
        }),
        keep: Box::new(()),
    }
}

/// All cases share one server: whatever they name is random, so none meets the keys of another.
fn store() -> RedisStore {
    let mut config = RedisConfig::new(RedisServer::shared().url());
    (config.login_limit, config.login_window) = (LOGIN_LIMIT, LOGIN_WINDOW);
    config.denylist_margin = DENYLIST_MARGIN;
    RedisStore::new(config, TestClock::of_this_machine()).unwrap()
}
