//! Connections that are closed while they open, as by `CLIENT KILL`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_domain::ports::Denylist;
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, an_access_token, holds_within, request_time_at};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::support::Ports;

/// A proxy that closes the first connections at a command.
struct Closing {
    port: u16,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Closing {
    /// Starts a proxy that closes so many connections when they send `word`.
    async fn start(server: u16, closed: usize, word: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::<AtomicUsize>::default();
        let seen = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let is_closed = seen.fetch_add(1, Ordering::SeqCst) < closed;
                tokio::spawn(serve(client, server, is_closed.then_some(word)));
            }
        });
        Self { port, connections, task: task.abort_handle() }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Forwards both directions until the client sends `closed_at`, or closes its connection.
async fn serve(mut client: TcpStream, server: u16, closed_at: Option<&str>) -> Option<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.ok()?;
    let ((mut replies, mut server), (mut commands, mut client)) = (server.split(), client.split());
    let forward = async {
        let (mut sent, mut bytes) = (Vec::<u8>::new(), [0; 4_096]);
        loop {
            let read = commands.read(&mut bytes).await.ok().filter(|read| *read > 0)?;
            sent.extend(bytes.get(..read)?);
            if closed_at.is_some_and(|word| sent.windows(word.len()).any(|part| part == word.as_bytes())) {
                return None;
            }
            server.write_all(bytes.get(..read)?).await.ok()?;
        }
    };
    tokio::select! {
        ended = forward => ended,
        _ = copy(&mut replies, &mut client) => None,
    }
}

/// How long a step may take on a slow machine.
const LIMIT: Duration = Duration::from_secs(10);

/// What a connection sends, in this order: the driver selects the database, then the adapter loads scripts and asks for the time.
const STEPS: [&str; 3] = ["SELECT", "SCRIPT", "TIME"];

/// Lets callers ask at the same time over new connections, the first of which are closed at a step. Returns whether all got an
/// answer, and the number of connections.
async fn ask(server: &RedisServer, callers: usize, closed: usize, step: &'static str) -> (bool, usize) {
    let proxy = Closing::start(server.port(), closed, step).await;
    let ports = Ports::at(&format!("redis://127.0.0.1:{}/1", proxy.port));
    let id = an_access_token(START).id;
    let asked = (0..callers).map(|_| ports.denylist.contains(id, request_time_at(START)));
    let answers = join_all(asked).await;
    assert!(answers.iter().flatten().all(|is_revoked| !is_revoked));
    (answers.iter().all(Result::is_ok), proxy.connections())
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_that_is_closed_while_it_opens_is_opened_again_once() {
    let server = RedisServer::start();
    for step in STEPS {
        // A slow machine can miss the timeout of a single attempt.
        let are_answered = || async { ask(&server, 8, 1, step).await.0 };
        assert!(holds_within(LIMIT, are_answered).await, "{step}");
        let fails_at_the_second = || async { ask(&server, 1, 2, step).await == (false, 2) };
        assert!(holds_within(LIMIT, fails_at_the_second).await, "{step}");
    }
}
