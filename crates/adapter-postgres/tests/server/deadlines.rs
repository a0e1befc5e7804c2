//! Writes that the server executes after the deadline must change nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_domain::model::{PasswordHash, UserStatus};
use auth_domain::ports::{PortError, PortErrorKind, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, request_time_at};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::support::{Store, assert_kind, while_locked, within};

/// A text in the last message of the write only, after the time was read and the statement prepared.
const MARK: &str = "$argon2id$too late";

/// Starts a relay between adapter and server. Before it relays the mark, it freezes the server, so that the message waits in
/// the socket of the frozen server. Returns the port, and a notification of the server's answer to the mark.
async fn relay_that_freezes(server: &Arc<PostgresServer>) -> (u16, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (server, answered) = (Arc::clone(server), Arc::new(Notify::new()));
    let answer = Arc::clone(&answered);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = upstream.into_split();
            let is_marked = Arc::new(AtomicBool::new(false));
            let (answer, mark_was_sent) = (Arc::clone(&answer), Arc::clone(&is_marked));
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
                    if mark_was_sent.load(Ordering::SeqCst) {
                        answer.notify_one();
                    }
                    // The adapter may have closed its connection.
                    let _ = to_client.write_all(&buffer[..length]).await;
                }
            });
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
                    if buffer[..length].windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes()) {
                        server.freeze();
                        is_marked.store(true, Ordering::SeqCst);
                    }
                    to_server.write_all(&buffer[..length]).await.unwrap();
                }
            });
        }
    });
    (port, answered)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_in_the_socket_of_a_frozen_server_never_happens() {
    let server = Arc::new(PostgresServer::start());
    let database = server.database();
    let direct = Store::migrated(&database).await;
    let user = direct.inserted().await;
    let (port, answered) = relay_that_freezes(&server).await;
    let relayed = Store::at(&database.url().replace(&server.port().to_string(), &port.to_string()));

    let (expected, late) = (user.password_hash.clone(), PasswordHash::new(MARK.to_owned()));
    let request_time = within(Duration::from_secs(1));
    let outcome = relayed.users.replace_password_hash(user.id, expected.clone(), &late, request_time).await;
    assert_kind(outcome, PortErrorKind::Unanswered);
    server.thaw();

    tokio::time::timeout(Duration::from_secs(10), answered.notified()).await.unwrap();
    assert_eq!(direct.stored_hash(&user).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_gets_its_lock_too_late_never_happens() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let lock = format!("SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", user.id);
    let expected = user.password_hash.clone();
    while_locked(&database, &lock, 0.8, async {
        let (status, request_time) = (UserStatus::Inactive, within(Duration::from_millis(300)));
        assert_late(&store.users.set_status(user.id, status, request_time).await);
        let (late, request_time) = (PasswordHash::new(MARK.to_owned()), within(Duration::from_millis(300)));
        let replaced =
            store.users.replace_password_hash(user.id, expected.clone(), &late, request_time).await;
        assert_late(&replaced);
    });

    // This write waits for the lock behind the late ones.
    let other = Store::at(&database.url());
    assert!(other.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await.unwrap());
    let inactive = "SELECT count(*) FROM users WHERE status = 1";
    assert_eq!(database.sql(inactive), "0");
    assert_eq!(store.stored_hash(&user).await, expected);
}

/// Either the server reports the timeout of the lock, or the deadline of the caller is first.
fn assert_late<T>(outcome: &Result<T, PortError>) {
    let kind = outcome.as_ref().map_err(PortError::kind).err();
    assert!(matches!(kind, Some(PortErrorKind::Unavailable | PortErrorKind::Unanswered)), "{kind:?}");
}
