//! The adapters for sessions, the denylist and failed logins in Redis.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_adapter_redis::{
    CachingDenylist, RedisConfig, RedisDenylist, RedisLegacyRefreshTokens, RedisLoginLimiter,
    RedisSessionStore, RedisStore, RevocationPolicy,
};
use auth_domain::model::RequestTime;
use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Check, Clock, PortError};

use super::named::named;
use super::purpose::Purpose;
use super::redis_servers;
use super::servers::Servers;
use super::stores::{ConnectionSet, TokenPorts, TokenStore};
use crate::config::{
    ENVIRONMENT_PREFIX, RecordFormat, RedisSettings, ServerSettings, Settings, TokensBackend, TokensSettings,
    Verification,
};
use crate::dependency::{DenylistCache, Dependency, Depth, RedisServers};
use crate::reload::{Prepared, Reloadable};

/// Returns the adapters on each set of connections, and adds Redis to the servers.
///
/// # Errors
/// The problem of a setting.
pub(super) fn tokens(
    redis: &RedisSettings,
    settings: &Settings,
    purpose: Purpose,
    clock: &Arc<dyn Clock>,
    servers: &mut Servers,
) -> Result<TokenStore, String> {
    let store = RedisStore::with_workers(&config(&redis.server), clock.clone(), purpose.workers())
        .map_err(|problem| named(&problem))?
        .waiting_for(redis.wait_replicas);
    let revocation = RevocationPolicy {
        access_ttl: settings.tokens.sessions.access_ttl,
        denylist_margin: settings.tokens.denylist_margin,
    };
    let TokensSettings { verification, record_format, .. } = settings.tokens;
    store.renew_from(servers.renewal());
    servers.add(Redis { store: store.clone(), clock: clock.clone(), verification, record_format });
    let cache = match (verification, purpose) {
        (Verification::Cached, Purpose::Serve { .. }) => Some(CachingDenylist::start(&store, revocation)),
        (Verification::Cached, Purpose::Migrate | Purpose::Administer | Purpose::Diagnose)
        | (Verification::Strict, _) => None,
    };
    Ok(TokenStore {
        limiter: Arc::new(RedisLoginLimiter::new(&store, settings.login_limit.limits)),
        denylist_cache: cache.clone().map(|cache| Arc::new(cache) as Arc<dyn DenylistCache>),
        ports: Box::new(move |set| {
            let store = match set {
                ConnectionSet::Process => &store,
                ConnectionSet::Worker(index) => &store.for_worker(index),
            };
            ports(store, cache.as_ref(), revocation, record_format)
        }),
    })
}

/// Returns the ports on the connections of `store`.
fn ports(
    store: &RedisStore,
    cache: Option<&CachingDenylist>,
    revocation: RevocationPolicy,
    record_format: RecordFormat,
) -> TokenPorts {
    let sessions = RedisSessionStore::new(store, revocation).with_format(match record_format {
        RecordFormat::One => auth_adapter_redis::RecordFormat::Hash,
        RecordFormat::Two => auth_adapter_redis::RecordFormat::Packed,
    });
    let denylist = Arc::new(RedisDenylist::new(store, revocation));
    TokenPorts {
        sessions: Arc::new(sessions),
        verification: match cache {
            Some(cache) => Arc::new(cache.on(store)),
            None => denylist.clone(),
        },
        denylist,
        legacy: Some(Arc::new(RedisLegacyRefreshTokens::new(store, revocation))),
    }
}

/// Returns the problem of a setting, if there is one.
pub(super) fn problem(server: &ServerSettings, verification: Verification) -> Option<String> {
    let config = config(server);
    match (config.check(), verification) {
        (Err(problem), _) => Some(named(&problem)),
        (Ok(()), Verification::Cached) if config.is_cluster() => Some(format!(
            "{ENVIRONMENT_PREFIX}TOKENS__VERIFICATION: the denylist of a Redis Cluster cannot be cached; set it to strict, or \
             use one server or Sentinel in REDIS__URL"
        )),
        (Ok(()), _) => None,
    }
}

fn config(server: &ServerSettings) -> RedisConfig {
    RedisConfig {
        url: server.url.expose().to_owned(),
        ca_file: server.ca_file.clone(),
        client_cert_file: server.client_cert_file.clone(),
        client_key_file: server.client_key_file.clone(),
        allow_plain_text: server.allow_plain_text,
    }
}

impl DenylistCache for CachingDenylist {
    fn is_trusted(&self) -> bool {
        self.state().is_trusted
    }

    fn entries(&self) -> usize {
        self.state().entries
    }

    fn misses(&self) -> u64 {
        self.state().misses
    }

    fn observe_lag(&self, observer: Box<dyn Fn(Duration) + Send + Sync>) {
        self.observe_lag(observer);
    }

    fn usual_lag(&self) -> Duration {
        Self::USUAL_LAG
    }

    fn max_lag(&self) -> Duration {
        Self::MAX_LAG
    }
}

/// A hint, and no warning: format 1 loses nothing.
fn check(record_format: RecordFormat) -> Check {
    Check::ok(match record_format {
        RecordFormat::One => {
            "session records are written in format 1; set TOKENS__RECORD_FORMAT to 2 when every instance runs this release"
        }
        RecordFormat::Two => "session records are written in format 2",
    })
}

struct Redis {
    store: RedisStore,
    clock: Arc<dyn Clock>,
    verification: Verification,
    record_format: RecordFormat,
}

#[async_trait]
impl Dependency for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn round_trips(&self) -> (&'static str, &RoundTrips) {
        ("redis", self.store.round_trips())
    }

    fn redis_servers(&self) -> Option<RedisServers> {
        Some(redis_servers::seen_by(&self.store))
    }

    async fn connect(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.store.connect(request_time).await
    }

    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.store.ping(request_time).await
    }

    async fn diagnose(&self, _depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let mut checks = self.store.diagnose(request_time).await?;
        checks.push(check(self.record_format));
        match self.verification {
            Verification::Strict => {}
            Verification::Cached => checks.push(CachingDenylist::diagnose(&self.store).await),
        }
        Ok(checks)
    }

    async fn migrate(&self, _request_time: RequestTime) -> Result<String, PortError> {
        Ok("needs no migration".to_owned())
    }
}

impl Reloadable for Redis {
    fn present(&self) -> Option<&dyn Dependency> {
        Some(self)
    }

    fn prepare(&self, settings: &Settings) -> Result<Prepared, String> {
        let TokensBackend::Redis(redis) = &settings.tokens.backend else { return Ok(Prepared::nothing()) };
        let (config, clock) = (config(&redis.server), self.clock.clone());
        let change = self.store.prepare(&config).map_err(|problem| named(&problem))?;
        if change.settings().is_empty() {
            return Ok(Prepared::nothing());
        }
        let store = RedisStore::new(&config, clock.clone()).map_err(|problem| named(&problem))?;
        let store = store.waiting_for(redis.wait_replicas);
        let Self { verification, record_format, .. } = *self;
        Ok(Prepared {
            change,
            dependency: Some(Arc::new(Self { store, clock, verification, record_format })),
        })
    }
}
