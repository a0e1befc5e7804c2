//! A changed user, password or address in a running process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use auth_adapter_redis::{CachingDenylist, RedisConfig, RedisStore};
use auth_domain::ports::{Denylist, PortErrorKind};
use auth_store_connection::Renewal;
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, an_access_token, holds_within, request_time_at};
use std::time::Duration;

use crate::support::{Ports, REVOCATION};

const LIMIT: Duration = Duration::from_secs(5);

/// Reads a URL that a test has written, like a file.
struct Reading {
    store: RedisStore,
    url: String,
    calls: AtomicUsize,
}

#[async_trait]
impl Renewal for Reading {
    async fn renew(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.store.prepare(&RedisConfig::new(self.url.clone())).unwrap().apply();
    }
}

fn url(server: &RedisServer, user: &str, password: &str) -> String {
    server.url().replace("redis://", &format!("redis://{user}:{password}@"))
}

fn set_password(server: &RedisServer, user: &str, password: &str) {
    let password = format!(">{password}");
    assert_eq!(server.cli(&["ACL", "SETUSER", user, "reset", "on", &password, "~*", "&*", "+@all"]), "OK");
}

fn close_connections(server: &RedisServer, user: &str) {
    let _ = server.cli(&["CLIENT", "KILL", "USER", user]);
}

async fn is_answered(ports: &Ports) -> bool {
    ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await.is_ok()
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rejected_password_is_read_again_within_the_call() {
    let server = RedisServer::start();
    set_password(&server, "auth", "first");
    let ports = Ports::at(&url(&server, "auth", "first")).connected().await;
    let renewal = Arc::new(Reading {
        store: ports.store.clone(),
        url: url(&server, "auth", "second"),
        calls: AtomicUsize::new(0),
    });
    ports.store.renew_from(renewal.clone());
    set_password(&server, "auth", "second");
    assert!(is_answered(&ports).await, "open connections stay");
    close_connections(&server, "auth");
    for _ in 0..4 {
        assert!(is_answered(&ports).await);
    }
    assert_eq!(renewal.calls.load(Ordering::Relaxed), 1);
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_another_user_are_replaced_and_those_of_the_same_kept() {
    let server = RedisServer::start();
    set_password(&server, "auth", "first");
    set_password(&server, "other", "first");
    let ports = Ports::at(&url(&server, "auth", "first")).connected().await;
    let cached = CachingDenylist::start(&ports.store, REVOCATION);
    assert!(holds_within(LIMIT, || async { cached.state().is_trusted }).await);
    let clients = |user: &str| server.cli(&["CLIENT", "LIST"]).matches(&format!(" user={user} ")).count();
    let (before, ids) = (clients("auth"), server.cli(&["CLIENT", "LIST"]));
    let change = |user: &str, password: &str| {
        ports.store.prepare(&RedisConfig::new(url(&server, user, password))).unwrap()
    };

    assert!(change("auth", "first").settings().is_empty());
    set_password(&server, "auth", "second");
    let of_password = change("auth", "second");
    assert_eq!(of_password.settings(), ["REDIS__URL"]);
    of_password.apply();
    assert!(is_answered(&ports).await);
    assert_eq!((before, clients("auth")), (3, 3), "{ids}");

    change("other", "first").apply();
    let ports = ports.connected().await;
    assert!(is_answered(&ports).await);
    assert!(holds_within(LIMIT, || async { (clients("auth"), clients("other")) == (0, 3) }).await);
    assert!(holds_within(LIMIT, || async { cached.state().is_trusted }).await);
}

// S-98
#[tokio::test(flavor = "multi_thread")]
async fn rejected_password_without_another_one_is_a_misconfiguration() {
    let server = RedisServer::start();
    set_password(&server, "auth", "first");
    let ports = Ports::at(&url(&server, "auth", "wrong"));
    let unchanged = Reading {
        store: ports.store.clone(),
        url: url(&server, "auth", "wrong"),
        calls: AtomicUsize::new(0),
    };
    ports.store.renew_from(Arc::new(unchanged));
    let asked = ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await;
    assert_eq!(asked.unwrap_err().kind(), PortErrorKind::Misconfigured);
}
