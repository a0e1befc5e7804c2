//! The ports on any form of Redis, and a reader of what is stored.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{RefreshMinute, SessionRecord, SessionRef, UserId};
use auth_domain::ports::{Denylist, PortError, SessionStore};
use auth_testkit::START;
use auth_testkit::generated::{SessionAnswer, SessionSubject};
use auth_testkit::servers::{Proxy, RedisServer};
use futures_util::future::BoxFuture;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::stored_session;
use crate::support::Ports;

/// Longer than a reply takes on a machine under load.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The ports of one instance.
pub(super) struct Subject {
    pub(super) ports: Ports,
    /// Loses answers of the server, whose address is the second one.
    proxy: Option<(Proxy, String)>,
    /// Connections that read what is stored, not through the adapter, by address.
    readers: Mutex<HashMap<String, MultiplexedConnection>>,
}

impl Subject {
    pub(super) fn at(url: &str) -> Self {
        Self { ports: Ports::at(url), proxy: None, readers: Mutex::default() }
    }

    pub(super) async fn behind_a_proxy(server: &RedisServer) -> Self {
        let proxy = Proxy::start(server.port()).await;
        let (ports, address) = (Ports::at(&proxy.url()), format!("127.0.0.1:{}", server.port()));
        Self { ports, proxy: Some((proxy, address)), readers: Mutex::default() }
    }

    /// A connection to the primary with this key.
    async fn reader(&self, key: &str) -> MultiplexedConnection {
        let mut readers = self.readers.lock().await;
        let primaries = self.ports.store.topology().primaries.into_iter().map(|primary| primary.address);
        let addresses = match &self.proxy {
            Some((_, address)) => vec![address.clone()],
            None => primaries.collect(),
        };
        for address in addresses {
            let known = readers.get(&address).cloned();
            let mut reader = match known {
                Some(reader) => reader,
                None => connect(&address).await,
            };
            let found: redis::RedisResult<bool> =
                redis::cmd("EXISTS").arg(key).query_async(&mut reader).await;
            // In a cluster, the other primaries answer with a redirection.
            if found.is_ok() {
                readers.insert(address, reader.clone());
                return reader;
            }
        }
        panic!("no primary has the key {key}");
    }
}

async fn connect(address: &str) -> MultiplexedConnection {
    let client = redis::Client::open(format!("redis://{address}")).unwrap();
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

#[async_trait]
impl SessionSubject for Subject {
    fn sessions(&self) -> &dyn SessionStore {
        &self.ports.sessions
    }

    fn denylist(&self) -> &dyn Denylist {
        &self.ports.denylist
    }

    async fn record(&self, session: SessionRef) -> Option<SessionRecord> {
        let key = format!("auth:sessions:{{{}}}", session.user_id);
        stored_session::read(&mut self.reader(&key).await, session).await
    }

    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute> {
        let key = format!("auth:refreshes:{{{user_id}}}");
        let mut reader = self.reader(&key).await;
        let stored: Option<Vec<u8>> = redis::cmd("GET").arg(&key).query_async(&mut reader).await.unwrap();
        Some(stored_session::minute(&stored?))
    }

    fn releases_oldest(&self) -> bool {
        !self.ports.store.is_cluster()
    }

    fn loses_answers(&self) -> bool {
        self.proxy.is_some()
    }

    async fn lose_answer(
        &self,
        call: BoxFuture<'_, Result<SessionAnswer, PortError>>,
    ) -> Result<SessionAnswer, PortError> {
        let (proxy, _) = self.proxy.as_ref().unwrap();
        let before = proxy.cuts();
        proxy.cut_replies_to(Some("EVALSHA"));
        let restored = async {
            while proxy.cuts() == before {
                sleep(Duration::from_millis(1)).await;
            }
            proxy.cut_replies_to(None);
            pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = call => answer,
            () = restored => panic!("it waits for the call"),
        };
        assert_ne!(proxy.cuts(), before, "no answer was lost");
        answer
    }

    fn went_back_at(&self, user: UserId) -> Option<OffsetDateTime> {
        self.ports.store.primary_replaced_at(user)
    }

    /// Access tokens expire at whole seconds, so that a sequence can reach the exact instant.
    fn start(&self) -> OffsetDateTime {
        START.replace_microsecond(0).unwrap()
    }
}
