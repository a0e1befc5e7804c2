//! Sessions, revoked tokens and failed logins in Redis.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_adapter_redis::{
    CopyState, RedisCachedDenylist, RedisConfig, RedisDenylist, RedisLegacyRefreshTokens, RedisLoginLimiter,
    RedisSessionStore, RedisStore,
};
use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, Clock, PortError};

use super::{Purpose, TokenStores, named};
use crate::config::{ServerSettings, Settings, Verification};
use crate::dependency::{DenylistCopy, DenylistCopyState, Dependencies, Dependency, Depth};

/// Returns the stores, and adds Redis to `backends`; the error names the setting at fault.
pub(super) fn tokens(
    server: &ServerSettings,
    settings: &Settings,
    purpose: Purpose,
    clock: &Arc<dyn Clock>,
    dependencies: &mut Dependencies,
) -> Result<TokenStores, String> {
    let store =
        RedisStore::new(config(server, settings), clock.clone()).map_err(|problem| named(&problem))?;
    dependencies.push(Arc::new(Redis { store: store.clone(), verification: settings.tokens.verification }));
    let denylist = Arc::new(RedisDenylist::new(&store));
    let copy = match (settings.tokens.verification, purpose) {
        (Verification::Cached, Purpose::Serve) => Some(RedisCachedDenylist::follow(&store)),
        (Verification::Cached, Purpose::Migrate | Purpose::Administer | Purpose::Diagnose)
        | (Verification::Strict, _) => None,
    };
    Ok(TokenStores {
        sessions: Arc::new(RedisSessionStore::new(&store)),
        verification: match &copy {
            Some(copy) => Arc::new(copy.clone()),
            None => denylist.clone(),
        },
        denylist,
        denylist_copy: copy.map(|copy| Arc::new(Copy(copy)) as Arc<dyn DenylistCopy>),
        legacy: Some(Arc::new(RedisLegacyRefreshTokens::new(&store))),
        limiter: Arc::new(RedisLoginLimiter::new(&store)),
    })
}

pub(super) fn problem(server: &ServerSettings, settings: &Settings) -> Option<String> {
    config(server, settings).check().err().map(|problem| named(&problem))
}

fn config(server: &ServerSettings, settings: &Settings) -> RedisConfig {
    RedisConfig {
        url: server.url.expose().to_owned(),
        ca_file: server.ca_file.clone(),
        allow_plain_text: server.allow_plain_text,
        access_ttl: settings.tokens.sessions.access_ttl,
        denylist_margin: settings.tokens.denylist_margin,
        login_limit: settings.login_limit.max_failures,
        login_window: settings.login_limit.window,
    }
}

struct Copy(RedisCachedDenylist);

impl DenylistCopy for Copy {
    fn state(&self) -> DenylistCopyState {
        let CopyState { is_current, entries, asked } = self.0.state();
        DenylistCopyState { is_current, entries, asked }
    }

    fn observe(&self, observer: Box<dyn Fn(Duration) + Send + Sync>) {
        self.0.observe(observer);
    }

    fn usual_lag(&self) -> Duration {
        RedisCachedDenylist::USUAL_LAG
    }

    fn longest_lag(&self) -> Duration {
        RedisCachedDenylist::LEASE
    }
}

struct Redis {
    store: RedisStore,
    verification: Verification,
}

#[async_trait]
impl Dependency for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.store.ping(request_time).await
    }

    async fn diagnose(&self, _depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let mut checks = self.store.diagnose(request_time).await?;
        match self.verification {
            Verification::Strict => {}
            Verification::Cached => checks.push(RedisCachedDenylist::diagnose(&self.store).await),
        }
        Ok(checks)
    }

    async fn migrate(&self, _request_time: RequestTime) -> Result<String, PortError> {
        Ok("needs no migration".to_owned())
    }
}
