//! The application that every worker serves.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use auth_domain::model::{ClientAddress, Email, LimitKey, LimitKeys, RequestTime};
use auth_domain::ports::{Clock, Entropy, start_request};
use auth_domain::use_cases::{
    EndSessions, Issuer, Login, Logout, Refresh, VerifyAccessToken, VerifyAccessTokenError,
};
use auth_verifier::TokenVerifier;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client_address::ClientAddresses;
use crate::compose::Parts;
use crate::config::{Secret, Settings};
use crate::hash_costs::HashCosts;
use crate::http::{Cors, WrongSecrets};
use crate::login_limiter::{self, PasswordQueue};
use crate::metrics::Metrics;
use crate::readiness::Readiness;
use crate::rejection_sampler::RejectionSampler;
use crate::unlisted_proxies::UnlistedProxies;

/// How long a request may take from the last byte of its body.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// Who is told of an access token that is not accepted.
type Observer = fn(&HttpRequest, &VerifyAccessTokenError);

/// What the handlers share.
pub(crate) struct AppState {
    pub(crate) login: Login,
    pub(crate) refresh: Refresh,
    pub(crate) logout: Logout,
    /// For logout, which always asks the store.
    pub(crate) strict_verifier: TokenVerifier,
    /// For every other protected endpoint, in the mode that the settings choose.
    pub(crate) verifier: TokenVerifier,
    /// For the HookSentry platform, which ends sessions when it changes a password.
    pub(crate) end_sessions: EndSessions,
    pub(crate) admin_secret: Option<Secret>,
    pub(crate) wrong_secrets: WrongSecrets,
    /// Whether `/swagger` and `/openapi.json` are served.
    pub(crate) documentation: bool,
    /// Whether `/health/ready` names the dependencies.
    pub(crate) readiness_details: bool,
    pub(crate) readiness: Readiness,
    pub(crate) metrics: Metrics,
    pub(crate) cors: Cors,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// The use cases in flight; shutdown waits for them.
    pub(crate) tasks: TaskTracker,
    /// Where use cases run: it outlives every connection.
    pub(crate) runtime: Handle,
    /// Ends what goes on behind the requests; shutdown does not wait for it.
    pub(crate) stopping: CancellationToken,
    client_addresses: ClientAddresses,
    limit_keys: LimitKeys,
    unlisted_proxies: UnlistedProxies,
    pub(crate) rejections: RejectionSampler,
}

impl AppState {
    /// Builds the use cases from their parts; `observer` is told of every access token that is not accepted.
    pub(crate) fn new(parts: Parts, settings: &Settings, runtime: Handle, observer: Observer) -> Self {
        let issuer = Arc::new(Issuer {
            access_tokens: parts.access_tokens.clone(),
            entropy: parts.entropy.clone(),
            policy: settings.tokens.sessions,
        });
        let stopping = CancellationToken::new();
        let policy = settings.login_policy();
        let limiter = login_limiter::decorated(
            parts.limiter,
            PasswordQueue::new(parts.password_capacity, policy.queue_wait),
            parts.clock.clone(),
            parts.entropy.clone(),
            runtime.clone(),
            stopping.clone(),
        );
        let verifier = |denylist| {
            let verify = VerifyAccessToken { access_tokens: parts.access_tokens.clone(), denylist };
            TokenVerifier::observed_by(verify, parts.clock.clone(), observer)
        };
        Self {
            login: Login {
                users: parts.users.clone(),
                hasher: parts.hasher,
                limiter,
                sessions: parts.sessions.clone(),
                issuer: issuer.clone(),
                limit_keys: parts.limit_keys.clone(),
                policy,
            },
            refresh: Refresh {
                users: parts.users,
                sessions: parts.sessions.clone(),
                denylist: parts.denylist.clone(),
                legacy: parts.legacy.clone(),
                issuer,
            },
            logout: Logout { sessions: parts.sessions.clone(), legacy: parts.legacy },
            strict_verifier: verifier(parts.denylist),
            verifier: verifier(parts.verification),
            client_addresses: ClientAddresses::new(
                settings.http.trusted_proxies.clone(),
                settings.http.client_address_header,
            ),
            end_sessions: EndSessions { sessions: parts.sessions },
            admin_secret: settings.admin.secret.clone(),
            wrong_secrets: WrongSecrets::default(),
            documentation: settings.http.documentation,
            readiness_details: settings.http.readiness_details,
            readiness: Readiness::new(parts.dependencies, runtime.clone()),
            metrics: Metrics::new(parts.denylist_cache),
            cors: Cors::new(&settings.http.cors_origins),
            clock: parts.clock,
            entropy: parts.entropy,
            tasks: TaskTracker::new(),
            runtime,
            stopping,
            limit_keys: parts.limit_keys,
            unlisted_proxies: UnlistedProxies::default(),
            rejections: RejectionSampler::default(),
        }
    }

    /// Starts the time of a request whose body has arrived.
    pub(crate) fn request_time(&self) -> RequestTime {
        start_request(&*self.clock, REQUEST_TIME)
    }

    /// The reader of the costs of stored hashes.
    pub(crate) fn hash_costs(&self) -> HashCosts<'_> {
        HashCosts { users: &*self.login.users, hasher: &*self.login.hasher, clock: &*self.clock }
    }

    /// Returns the address that the request counts for.
    pub(crate) fn client(&self, request: &HttpRequest) -> Option<ClientAddress> {
        self.client_addresses.client(request.peer_addr().map(|peer| peer.ip()), request.headers())
    }

    /// Returns the keyed hash that stands for an email in the login limit and the log.
    pub(crate) fn email_hash(&self, email: &Email) -> LimitKey {
        self.limit_keys.email(email)
    }

    /// Returns the keyed hash that stands for an address in the login limit and in sessions.
    pub(crate) fn address_hash(&self, client: ClientAddress) -> LimitKey {
        self.limit_keys.address(client)
    }

    /// Counts a rejection; returns whether it has a log line of its own.
    pub(crate) fn is_logged(
        &self,
        client: Option<ClientAddress>,
        event: &'static str,
        reason: impl Display,
    ) -> bool {
        self.rejections.admits(client, event, reason.to_string(), self.clock.instant())
    }

    /// Shouts when too many users share a peer that nobody listed as a proxy.
    pub(crate) fn watch_for_proxies(&self, request: &HttpRequest, email: &Email) {
        let peer = request.peer_addr().map(|peer| peer.ip());
        if let Some(peer) = peer.filter(|peer| !self.client_addresses.is_trusted(*peer)) {
            self.unlisted_proxies.note(ClientAddress::new(peer), self.limit_keys.email(email));
        }
    }
}
