//! A failover to a replica without the last writes.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::ports::SessionStore;
use auth_testkit::generated::Failover;
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, a_user_id, holds_within, request_time_at};

use super::subject::Subject;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A primary that dies while its replicas are disconnected.
pub(super) struct Forgetting<'a> {
    pub(super) subject: &'a Subject,
    pub(super) primary: &'a RedisServer,
    pub(super) replicas: Vec<&'a RedisServer>,
    /// Waits until another server has replaced the primary.
    pub(super) wait: &'a (dyn Fn() + Sync),
}

#[async_trait]
impl Failover for Forgetting<'_> {
    async fn stop_replication(&self) {
        let has_all = || async { self.replicas.iter().all(|it| offset(it) == offset(self.primary)) };
        assert!(holds_within(TIMEOUT, has_all).await, "the replicas are behind");
        for replica in &self.replicas {
            // They reconnect as a user that the primary does not have.
            assert_eq!(replica.cli(&["CONFIG", "SET", "masteruser", "stranger", "masterauth", "none"]), "OK");
            assert_ne!(replica.cli(&["CLIENT", "KILL", "TYPE", "master"]), "0");
        }
        let are_alone = || async {
            self.replicas.iter().all(|it| field(it, "master_link_status").as_deref() == Some("down"))
        };
        assert!(holds_within(TIMEOUT, are_alone).await, "the replicas are connected");
    }

    async fn fail_over(&self) {
        let missing: Vec<_> = self.replicas.iter().map(|it| offset(self.primary) > offset(it)).collect();
        assert!(!missing.contains(&false), "a replica has all writes");
        self.primary.kill();
        (self.wait)();
        let ports = &self.subject.ports;
        let is_followed = || async {
            let answered = ports.sessions.list(a_user_id(), request_time_at(START)).await.is_ok();
            answered && ports.store.topology().primaries.iter().any(|it| it.promoted_at.is_some())
        };
        assert!(holds_within(TIMEOUT, is_followed).await, "the store does not follow the failover");
    }
}

/// The number of bytes of the replication stream that the server has.
fn offset(server: &RedisServer) -> u64 {
    let name = match field(server, "role").as_deref() {
        Some("master") => "master_repl_offset",
        _ => "slave_repl_offset",
    };
    field(server, name).and_then(|offset| offset.parse().ok()).unwrap_or_default()
}

fn field(server: &RedisServer, name: &str) -> Option<String> {
    let replication = server.ask(&["INFO", "replication"])?.concat();
    let value = replication.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.map(|value| value.trim().to_owned())
}
