//! The HTTP servers: one for everybody, one for administrators.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};
use tokio::task::JoinHandle;
use tracing::info;

use super::SHUTDOWN_TIME;
use super::listener::Listener;
use crate::app::AppState;
use crate::failure::Failure;
use crate::http;

/// How long a request's head may take to arrive (S-74).
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long an idle connection is kept for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A server that answers on one listener.
pub(super) struct Running {
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(super) fn start_public(state: &Data<AppState>, listener: Listener) -> Result<Self, Failure> {
        let (address, workers) = (listener.address, available_parallelism().map_or(1, NonZeroUsize::get));
        let running = Self::start(server(state, listener, workers, http::configure).map_err(failed)?);
        info!(event = "listening", "listening on http://{address}");
        Ok(running)
    }

    pub(super) fn start_admin(state: &Data<AppState>, listener: Listener) -> Result<Self, Failure> {
        let (address, has_secret) = (listener.address, state.admin_secret.is_some());
        let configure = move |service: &mut ServiceConfig| http::configure_admin(service, has_secret);
        let running = Self::start(server(state, listener, 1, configure).map_err(failed)?);
        info!(event = "admin_listening", "listening for administrators on http://{address}");
        Ok(running)
    }

    fn start(server: Server) -> Self {
        Self { handle: server.handle(), task: tokio::spawn(server) }
    }

    /// Takes no more connections, and waits for the requests in flight.
    pub(super) fn stop(&self) -> impl Future<Output = ()> {
        self.handle.stop(true)
    }

    /// Waits for its end.
    pub(super) async fn ended(self) -> Result<(), Failure> {
        self.task.await.map_err(failed)?.map_err(failed)
    }
}

fn server(
    state: &Data<AppState>,
    listener: Listener,
    workers: usize,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<Server> {
    let state = state.clone();
    let app = move || {
        let app = App::new().app_data(state.clone()).app_data(state.guard.clone());
        app.configure(configure.clone()).wrap(from_fn(http::frame))
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .client_request_timeout(HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIME.as_secs())
        .disable_signals()
        .listen(listener.socket)?;
    Ok(server.run())
}

pub(super) fn failed(error: impl std::error::Error) -> Failure {
    Failure::Startup(format!("serving: {error}"))
}
