//! The use cases and the data of the handlers.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use auth_domain::model::LimitKeys;
use auth_domain::ports::Clock;
use auth_domain::use_cases::{EndSessions, Issuer, Login, Logout, Refresh, VerifyAccessToken};
use auth_verifier::TokenVerifier;
use tokio::runtime::Handle;

use super::process::Process;
use crate::client_address::ClientAddresses;
use crate::compose::Parts;
use crate::config::Settings;
use crate::http::{AdminSecret, Cors, Middleware, ReadinessDetails, StrictVerifier, UseCaseTasks};
use crate::login_limiter::{self, PasswordQueue};
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::undoing_session_store::UndoingSessionStore;
use crate::unlisted_proxies::UnlistedProxies;

/// The data of the handlers. Each handler asks for the types that it uses.
#[derive(Clone)]
pub(crate) struct Handlers {
    login: Data<Login>,
    refresh: Data<Refresh>,
    logout: Data<Logout>,
    end_sessions: Data<EndSessions>,
    verifier: TokenVerifier,
    strict_verifier: Data<StrictVerifier>,
    admin_secret: Option<Data<AdminSecret>>,
    limit_keys: Data<LimitKeys>,
    unlisted_proxies: Data<UnlistedProxies>,
    readiness_details: Data<ReadinessDetails>,
    readiness: Data<Readiness>,
    metrics: Data<Metrics>,
    clock: Data<dyn Clock>,
    tasks: Data<UseCaseTasks>,
    pub(crate) middleware: Data<Middleware>,
}

impl Handlers {
    /// Builds the use cases from the ports in `parts`.
    pub(super) fn new(parts: Parts, settings: &Settings, runtime: Handle, process: &Process) -> Self {
        let sessions = UndoingSessionStore::new(
            parts.sessions,
            parts.clock.clone(),
            settings.tokens.sessions.access_ttl,
            runtime.clone(),
            process.stopping.clone(),
        );
        let parts = Parts { sessions: Arc::new(sessions), ..parts };
        let verifier = |denylist| {
            let verify = VerifyAccessToken { access_tokens: parts.access_tokens.clone(), denylist };
            TokenVerifier::new(verify, parts.clock.clone())
        };
        let middleware = Middleware {
            clock: parts.clock.clone(),
            entropy: parts.entropy.clone(),
            metrics: process.metrics.clone(),
            client_addresses: Arc::new(client_addresses(settings)),
            cors: Arc::new(Cors::new(&settings.http.cors_origins)),
        };
        let secret = settings.admin.secret.clone();
        Self {
            verifier: verifier(parts.verification.clone()),
            strict_verifier: Data::new(StrictVerifier(verifier(parts.denylist.clone()))),
            admin_secret: secret.map(|secret| Data::new(AdminSecret::new(secret, parts.clock.clone()))),
            limit_keys: Data::new(parts.limit_keys.clone()),
            unlisted_proxies: Data::new(UnlistedProxies::default()),
            readiness_details: Data::new(ReadinessDetails(settings.http.readiness_details)),
            readiness: process.readiness.clone().into(),
            metrics: process.metrics.clone().into(),
            clock: parts.clock.clone().into(),
            tasks: process.tasks.clone().into(),
            middleware: Data::new(middleware),
            end_sessions: Data::new(parts.end_sessions()),
            logout: Data::new(Logout { sessions: parts.sessions.clone(), legacy: parts.legacy.clone() }),
            refresh: Data::new(refresh(&parts, settings)),
            login: Data::new(login(parts, settings, runtime, process)),
        }
    }

    /// Registers the data of all handlers.
    pub(crate) fn register(&self, service: &mut ServiceConfig) {
        service
            .app_data(self.login.clone())
            .app_data(self.refresh.clone())
            .app_data(self.logout.clone())
            .app_data(self.end_sessions.clone())
            .app_data(self.verifier.clone())
            .app_data(self.strict_verifier.clone())
            .app_data(self.limit_keys.clone())
            .app_data(self.unlisted_proxies.clone())
            .app_data(self.readiness_details.clone())
            .app_data(self.readiness.clone())
            .app_data(self.metrics.clone())
            .app_data(self.clock.clone())
            .app_data(self.tasks.clone())
            .app_data(self.middleware.clone());
        if let Some(secret) = &self.admin_secret {
            service.app_data(secret.clone());
        }
    }
}

fn client_addresses(settings: &Settings) -> ClientAddresses {
    let trusted_proxies = settings.http.trusted_proxies.clone();
    ClientAddresses::new(trusted_proxies, settings.http.client_address_header)
        .exempting(settings.login_limit.exempt.clone())
}

fn issuer(parts: &Parts, settings: &Settings) -> Arc<Issuer> {
    Arc::new(Issuer {
        access_tokens: parts.access_tokens.clone(),
        entropy: parts.entropy.clone(),
        policy: settings.tokens.sessions,
    })
}

fn refresh(parts: &Parts, settings: &Settings) -> Refresh {
    Refresh {
        users: parts.users.clone(),
        sessions: parts.sessions.clone(),
        denylist: parts.denylist.clone(),
        legacy: parts.legacy.clone(),
        issuer: issuer(parts, settings),
    }
}

fn login(parts: Parts, settings: &Settings, runtime: Handle, process: &Process) -> Login {
    let issuer = issuer(&parts, settings);
    let policy = settings.login_policy();
    let limiter = login_limiter::decorated(
        parts.limiter,
        PasswordQueue::new(parts.password_capacity, policy.queue_wait),
        parts.clock,
        parts.entropy,
        runtime,
        process.stopping.clone(),
    );
    Login {
        users: parts.users,
        hasher: parts.hasher,
        limiter,
        sessions: parts.sessions,
        issuer,
        limit_keys: parts.limit_keys,
        policy,
    }
}
