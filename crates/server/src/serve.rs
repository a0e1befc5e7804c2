//! Serving: from the first socket to the last answer.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::app::AppState;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::first_start;
use crate::http;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1_024;
/// How long a request's head may take to arrive (S-74).
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long an idle connection is kept for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests in flight may take on shutdown: their body, their own limit, and some slack.
const SHUTDOWN_TIME: Duration = Duration::from_secs(15);

/// Serves until SIGTERM or Ctrl-C, then finishes what is in flight.
pub(crate) async fn serve(settings: Settings) -> Result<(), Failure> {
    // First of all: from here on a signal ends the process in good order, however early it comes.
    let stop = stop_signal()?;
    let data_dir = DataDir::open(&settings.data_dir)?;
    let _lock = data_dir.lock()?;
    let parts = compose(&settings, &data_dir, Purpose::Serve)?;
    // The port is taken before the owner is made: a port in use must not swallow his password.
    let (listener, listening) = listen(settings.http.listen)?;
    first_start::welcome(&parts, listening).await?;

    raise_file_limit();
    let state = Data::new(AppState::new(parts, &settings, Handle::current()));
    let server =
        server(state.clone(), listener).map_err(|error| Failure::Startup(format!("serving: {error}")))?;
    let handle = server.handle();
    let task = tokio::spawn(server);
    info!(event = "listening", "listening on http://{listening}");

    stop.await;
    info!(event = "stopping", "finishing the requests in flight");
    state.readiness.drain();
    state.clock.sleep_until(state.clock.instant() + settings.http.drain_delay).await;
    handle.stop(true).await;
    state.tasks.close();
    if timeout(SHUTDOWN_TIME, state.tasks.wait()).await.is_err() {
        warn!(event = "stopping", "some requests did not finish in time");
    }
    let ended = task.await.map_err(|error| Failure::Startup(format!("serving: {error}")))?;
    ended.map_err(|error| Failure::Startup(format!("serving: {error}")))?;
    info!(event = "stopped", "stopped");
    Ok(())
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let complain = |error| {
        Failure::Startup(format!(
            "cannot listen on {address}: {error}; set HOOKSENTRY_AUTH__HTTP__LISTEN to a free address and port"
        ))
    };
    let listener = TcpListener::bind(address).map_err(complain)?;
    // The standard library asks for 128: a burst beyond that waits a second for its next SYN.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| complain(error.into()))?;
    let listening = listener.local_addr().map_err(complain)?;
    Ok((listener, listening))
}

fn server(state: Data<AppState>, listener: TcpListener) -> std::io::Result<Server> {
    let app =
        move || App::new().app_data(state.clone()).configure(http::configure).wrap(from_fn(http::frame));
    let server = HttpServer::new(app)
        .workers(available_parallelism().map_or(1, NonZeroUsize::get))
        .client_request_timeout(HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIME.as_secs())
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Listens for SIGTERM and Ctrl-C from now on; what it returns ends with the first of them.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let complain = |error| Failure::Startup(format!("signals cannot be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(complain)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(complain)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Lets the process have as many connections as the system allows it: the usual soft limit of 1,024
/// files is less than a burst of slow clients (S-74).
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!(event = "file_limit", %error, "the limit of open files could not be raised");
    }
}
