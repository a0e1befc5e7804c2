use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use auth_domain::mocks::{MockDenylist, MockSessionStore, MockUserRepository};
use auth_domain::model::{Ending, Rotation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::compose::Parts;
use crate::connection::{ConnectionLimits, Connections};
use crate::http::fixtures::{application, parts, public, refresh_token, user};
use crate::metrics::ConnectionMetrics;
use crate::serve::acceptor::Acceptor;

const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// The ports that were called, with the names of the threads that called them.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<BTreeSet<(&'static str, String)>>>);

impl Calls {
    fn note(&self, port: &'static str) {
        let thread = thread::current().name().unwrap_or("unnamed").to_owned();
        self.0.lock().unwrap().insert((port, thread));
    }

    fn ports(&self) -> Parts {
        let (mut users, mut sessions) = (MockUserRepository::new(), MockSessionStore::new());
        let calls = self.clone();
        users.expect_find_by_id().returning(move |_, _| {
            calls.note("find_by_id");
            Ok(Some(user()))
        });
        let calls = self.clone();
        sessions.expect_rotate().returning(move |_, _| {
            calls.note("rotate");
            Ok(Rotation::Rotated)
        });
        let calls = self.clone();
        sessions.expect_end().returning(move |_, _| {
            calls.note("end");
            Ok(Ending::Ended)
        });
        let denylist = |port| {
            let (mut denylist, calls) = (MockDenylist::new(), self.clone());
            denylist.expect_contains().returning(move |_, _| {
                calls.note(port);
                Ok(false)
            });
            Arc::new(denylist)
        };
        Parts {
            users: Arc::new(users),
            sessions: Arc::new(sessions),
            denylist: denylist("denylist"),
            verification: denylist("verification"),
            ..parts()
        }
    }
}

/// Sends a request, and returns the status line of its response.
async fn status(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer signed\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn requests_run_on_the_thread_of_their_worker() {
    let calls = Calls::default();
    let handlers = application(calls.ports(), &[]).handlers;
    let worker = Worker::start("http-0".to_owned(), handlers, KEEP_ALIVE, public).unwrap();
    let limits = ConnectionLimits { total: 10, per_address: 10, trusted_proxies: Vec::new() };
    let connections = Connections::new(limits, ConnectionMetrics::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = Acceptor::new(listener, connections, vec![worker.connections]).unwrap();
    let stop = CancellationToken::new();
    let accepting = tokio::spawn(acceptor.run(stop.clone()));

    let body = format!(r#"{{"refreshToken":"{}"}}"#, refresh_token());
    assert_eq!(status(address, "POST /api/v1/auth/refresh", &body).await, "HTTP/1.1 200 OK");
    assert_eq!(status(address, "POST /api/v1/auth/logout", &body).await, "HTTP/1.1 204 No Content");
    assert_eq!(status(address, "GET /api/v1/auth/me", "").await, "HTTP/1.1 200 OK");

    let all = ["denylist", "end", "find_by_id", "rotate", "verification"];
    assert!(calls.0.lock().unwrap().iter().eq(&all.map(|port| (port, "http-0".to_owned()))));
    stop.cancel();
    accepting.await.unwrap();
    worker.ended.await.unwrap().unwrap();
}

struct NoSite;

impl Application for NoSite {
    async fn respond(&self, _request: Request) -> Response<BoxBody> {
        Response::ok().map_into_boxed_body()
    }

    fn reject(&self, _rejection: Rejection, _peer: SocketAddr) -> Response<BoxBody> {
        Response::ok().map_into_boxed_body()
    }
}

/// Returns whether a worker without connections waits for a use case that takes `duration`.
async fn waits_for_a_use_case(duration: Duration) -> bool {
    let (tasks, ended) = (TaskTracker::new(), Rc::new(Cell::new(false)));
    let end = ended.clone();
    tasks.spawn_local(async move {
        sleep(duration).await;
        end.set(true);
    });
    let (_, incoming) = unbounded_channel();
    serve_all(incoming, Rc::new(NoSite), Timeouts::new(KEEP_ALIVE), &tasks).await;
    ended.get()
}

// S-97
#[tokio::test(flavor = "local", start_paused = true)]
async fn a_worker_waits_for_use_cases_within_the_shutdown_timeout() {
    assert!(waits_for_a_use_case(Duration::from_secs(14)).await);
    assert!(!waits_for_a_use_case(Duration::from_secs(16)).await);
}
