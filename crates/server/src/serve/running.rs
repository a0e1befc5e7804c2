//! The public HTTP server and the admin server.

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use auth_domain::model::Event;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::acceptor::Acceptor;
use super::listener::Listener;
use super::worker::Worker;
use crate::app::Handlers;
use crate::command_error::CommandError;
use crate::config::Settings;
use crate::connection::Connections;
use crate::http;

/// A server that accepts on one listener.
pub(super) struct Running {
    stop: CancellationToken,
    acceptor: JoinHandle<()>,
    workers: Workers,
}

/// The workers of a server that no longer accepts.
pub(super) struct Workers(Vec<tokio::sync::oneshot::Receiver<std::io::Result<()>>>);

/// The parts that both servers share.
pub(super) struct Start<'a> {
    pub(super) connections: &'a Arc<Connections>,
    pub(super) settings: &'a Settings,
}

impl Start<'_> {
    /// Serves the public listener, with a worker for each of `workers`.
    pub(super) fn public(&self, listener: Listener, workers: Vec<Handlers>) -> Result<Running, CommandError> {
        let address = listener.address;
        let documentation = self.settings.http.documentation;
        let configure = move |service: &mut ServiceConfig| http::configure_public(service, documentation);
        let running = self.start("http", listener, workers, configure)?;
        info!(event = Event::Listening.name(), "listening on http://{address}");
        Ok(running)
    }

    /// Serves the admin listener, with one worker.
    pub(super) fn admin(&self, listener: Listener, worker: Handlers) -> Result<Running, CommandError> {
        let (address, has_secret) = (listener.address, self.settings.admin.secret.is_some());
        let configure = move |service: &mut ServiceConfig| http::configure_admin(service, has_secret);
        let running = self.start("admin", listener, vec![worker], configure)?;
        info!(event = Event::AdminListening.name(), "listening for administrators on http://{address}");
        Ok(running)
    }

    fn start(
        &self,
        name: &str,
        listener: Listener,
        workers: Vec<Handlers>,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Running, CommandError> {
        let start = |(number, handlers)| {
            Worker::start(
                format!("{name}-{number}"),
                handlers,
                self.settings.http.keep_alive,
                configure.clone(),
            )
        };
        let started: Result<Vec<_>, _> = workers.into_iter().enumerate().map(start).collect();
        let (senders, ended) =
            started.map_err(failed)?.into_iter().map(|worker| (worker.connections, worker.ended)).unzip();
        let acceptor =
            Acceptor::new(listener.socket, Arc::clone(self.connections), senders).map_err(failed)?;
        let stop = CancellationToken::new();
        let acceptor = tokio::spawn(acceptor.run(stop.clone()));
        Ok(Running { stop, acceptor, workers: Workers(ended) })
    }
}

impl Running {
    /// Accepts the connections that the kernel has queued, and closes the listener.
    pub(super) async fn stop_accepting(self) -> Result<Workers, CommandError> {
        self.stop.cancel();
        self.acceptor.await.map_err(failed)?;
        Ok(self.workers)
    }
}

impl Workers {
    /// Waits until every connection is closed and every use case has ended.
    pub(super) async fn ended(self) -> Result<(), CommandError> {
        for worker in self.0 {
            worker.await.map_err(failed)?.map_err(failed)?;
        }
        Ok(())
    }
}

pub(super) fn failed(error: impl std::error::Error) -> CommandError {
    CommandError::Failed(format!("serving: {error}"))
}
