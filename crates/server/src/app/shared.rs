//! What the handlers of all workers share.

use std::sync::Arc;

use actix_web::web::Data;
use auth_domain::model::{LimitKeys, LoginPolicy};
use auth_domain::ports::{AccessTokens, Clock, Denylist, LoginLimiter, PasswordHasher};
use auth_domain::use_cases::{Issuer, VerifyAccessToken};
use auth_verifier::TokenVerifier;
use tokio::runtime::Handle;

use super::process::Process;
use crate::client_address::ClientAddresses;
use crate::compose::Parts;
use crate::config::Settings;
use crate::http::{AdminSecret, Cors, Middleware, ReadinessDetails};
use crate::login_limiter::{self, PasswordQueue};
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::undoing_session_store::SessionUndo;
use crate::unlisted_proxies::UnlistedProxies;

/// The ports and the data that are the same on every worker. They use the connections of the process.
pub(super) struct Shared {
    pub(super) access_tokens: Arc<dyn AccessTokens>,
    pub(super) hasher: Arc<dyn PasswordHasher>,
    /// The limiter of the store, without the queue of logins.
    pub(super) store_limiter: Arc<dyn LoginLimiter>,
    /// The limiter with the queue of logins.
    pub(super) limiter: Arc<dyn LoginLimiter>,
    pub(super) undo: Arc<SessionUndo>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) policy: LoginPolicy,
    pub(super) admin_secret: Option<Data<AdminSecret>>,
    pub(super) limit_keys: Data<LimitKeys>,
    pub(super) unlisted_proxies: Data<UnlistedProxies>,
    pub(super) readiness_details: Data<ReadinessDetails>,
    pub(super) readiness: Data<Readiness>,
    pub(super) metrics: Data<Metrics>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) middleware: Data<Middleware>,
}

impl Shared {
    /// Builds them from `parts`.
    pub(super) fn new(parts: Parts, settings: &Settings, runtime: Handle, process: &Process) -> Self {
        let policy = settings.login_policy();
        let undo = SessionUndo::new(
            parts.sessions,
            parts.clock.clone(),
            settings.tokens.sessions.access_ttl,
            runtime.clone(),
            process.stopping.clone(),
        );
        let issuer = Issuer {
            access_tokens: parts.access_tokens.clone(),
            entropy: parts.entropy.clone(),
            policy: settings.tokens.sessions,
        };
        let middleware = Middleware {
            clock: parts.clock.clone(),
            entropy: parts.entropy.clone(),
            metrics: process.metrics.clone(),
            client_addresses: Arc::new(client_addresses(settings)),
            cors: Arc::new(Cors::new(&settings.http.cors_origins)),
        };
        let limiter = login_limiter::decorated(
            parts.limiter.clone(),
            PasswordQueue::new(parts.password_capacity, policy.queue_wait)
                .counting_in(process.metrics.password_queue.clone()),
            parts.clock.clone(),
            parts.entropy,
            runtime,
            process.stopping.clone(),
        );
        Self {
            access_tokens: parts.access_tokens,
            hasher: parts.hasher,
            store_limiter: parts.limiter,
            limiter,
            undo: Arc::new(undo),
            issuer: Arc::new(issuer),
            policy,
            admin_secret: parts
                .admin_secret
                .map(|secret| Data::new(AdminSecret::new(secret, parts.clock.clone()))),
            limit_keys: Data::new(parts.limit_keys),
            unlisted_proxies: Data::new(UnlistedProxies::default()),
            readiness_details: Data::new(ReadinessDetails(settings.http.readiness_details)),
            readiness: process.readiness.clone().into(),
            metrics: process.metrics.clone().into(),
            middleware: Data::new(middleware),
            clock: parts.clock,
        }
    }

    /// Returns the verifier of access tokens that asks `denylist`.
    pub(super) fn verifier(&self, denylist: Arc<dyn Denylist>) -> TokenVerifier {
        let verify = VerifyAccessToken { access_tokens: self.access_tokens.clone(), denylist };
        TokenVerifier::new(verify, self.clock.clone())
    }
}

fn client_addresses(settings: &Settings) -> ClientAddresses {
    let trusted_proxies = settings.http.trusted_proxies.clone();
    ClientAddresses::new(trusted_proxies, settings.http.client_address_header)
        .exempting(settings.login_limit.exempt.clone())
}
