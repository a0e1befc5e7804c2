//! The use cases and the data of the handlers.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use auth_domain::model::LimitKeys;
use auth_domain::ports::{Clock, SessionStore};
use auth_domain::use_cases::{EndSessions, Login, Logout, Refresh};
use auth_verifier::TokenVerifier;
use tokio_util::task::TaskTracker;

use super::shared::Shared;
use crate::compose::{Stores, TokenPorts};
use crate::http::{AdminSecret, Middleware, ReadinessDetails, StrictVerifier, UseCaseTasks};
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::undoing_session_store::UndoingSessionStore;
use crate::unlisted_proxies::UnlistedProxies;

/// The data of the handlers of one worker. Each handler asks for the types that it uses.
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
    /// Builds the use cases on the connections of `stores`.
    pub(super) fn new(shared: &Shared, stores: Stores) -> Self {
        let Stores { users, tokens: TokenPorts { sessions, denylist, verification, legacy } } = stores;
        let sessions: Arc<dyn SessionStore> =
            Arc::new(UndoingSessionStore::new(sessions, shared.undo.clone()));
        let (issuer, limit_keys) = (shared.issuer.clone(), shared.limit_keys.clone());
        let login = Login {
            users: users.clone(),
            hasher: shared.hasher.clone(),
            limiter: shared.limiter.clone(),
            sessions: sessions.clone(),
            issuer: issuer.clone(),
            limit_keys: LimitKeys::clone(&limit_keys),
            policy: shared.policy,
        };
        let end_sessions = EndSessions {
            sessions: sessions.clone(),
            users: users.clone(),
            limiter: shared.store_limiter.clone(),
            limit_keys: LimitKeys::clone(&limit_keys),
        };
        Self {
            login: Data::new(login),
            logout: Data::new(Logout { sessions: sessions.clone(), legacy: legacy.clone() }),
            end_sessions: Data::new(end_sessions),
            verifier: shared.verifier(verification),
            strict_verifier: Data::new(StrictVerifier(shared.verifier(denylist.clone()))),
            refresh: Data::new(Refresh { users, sessions, denylist, legacy, issuer }),
            admin_secret: shared.admin_secret.clone(),
            limit_keys,
            unlisted_proxies: shared.unlisted_proxies.clone(),
            readiness_details: shared.readiness_details.clone(),
            readiness: shared.readiness.clone(),
            metrics: shared.metrics.clone(),
            clock: shared.clock.clone().into(),
            tasks: Data::new(UseCaseTasks::default()),
            middleware: shared.middleware.clone(),
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

    /// Returns the tracker of the use cases in flight.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        self.tasks.tracker()
    }
}
