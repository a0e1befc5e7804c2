//! Worker threads, which serve connections.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use actix_http::{KeepAlive, Request, Response, ServiceConfig};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig as Routes};
use actix_web::{App, Error, HttpResponse};
use auth_domain::model::Event;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::acceptor::Accepted;
use super::timeouts::SHUTDOWN_TIMEOUT;
use crate::app::Handlers;
use crate::connection::{Application, Rejection, Timeouts, serve};
use crate::http::{self, Middleware};

#[cfg(test)]
mod allocations;
#[cfg(test)]
mod tests;

/// A running worker thread.
pub(super) struct Worker {
    /// The sender of connections. The worker ends after the last sender is dropped and its connections are closed.
    pub(super) connections: UnboundedSender<Accepted>,
    /// The receiver of the result of the worker.
    pub(super) ended: oneshot::Receiver<io::Result<()>>,
}

impl Worker {
    /// Starts the thread `name`, which serves the routes that `configure` sets up.
    pub(super) fn start(
        name: String,
        handlers: Handlers,
        keep_alive: Duration,
        configure: impl Fn(&mut Routes) + Send + 'static,
    ) -> io::Result<Self> {
        let (connections, incoming) = unbounded_channel();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name(name).spawn(move || {
            let result = run(incoming, &handlers, keep_alive, configure);
            // The process may exit once it has the result, so no handle of a store may be left here: the last one closes it.
            drop(handlers);
            // The receiver is gone if another part of the start failed.
            let _ = end.send(result);
        })?;
        Ok(Self { connections, ended })
    }
}

fn run(
    incoming: UnboundedReceiver<Accepted>,
    handlers: &Handlers,
    keep_alive: Duration,
    configure: impl Fn(&mut Routes) + 'static,
) -> io::Result<()> {
    // The application is not `Send`: its futures stay on this thread.
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    runtime.block_on(async {
        let site = site(handlers, configure).await?;
        serve_all(incoming, Rc::new(site), Timeouts::new(keep_alive), handlers.tasks()).await;
        Ok(())
    })
}

/// Sets up the routes.
async fn site<F: FnOnce(&mut Routes)>(
    handlers: &Handlers,
    configure: F,
) -> io::Result<impl Application + use<F>> {
    let app = App::new().configure(|service| handlers.register(service)).configure(configure);
    let app = app.wrap(from_fn(http::middleware)).into_factory();
    let service = app.new_service(AppConfig::default()).await;
    let service = service.map_err(|()| io::Error::other("the routes cannot be set up"))?;
    Ok(Site { service, middleware: handlers.middleware.clone() })
}

/// Serves connections as `tasks` of this thread, and waits for all tasks: a use case can outlive its connection.
async fn serve_all<A: Application + 'static>(
    mut incoming: UnboundedReceiver<Accepted>,
    application: Rc<A>,
    timeouts: Timeouts,
    tasks: &TaskTracker,
) {
    // Only actix's own server uses the timeouts in it.
    let config = ServiceConfig::new(KeepAlive::Os, Duration::ZERO, Duration::ZERO, false, None);
    while let Some(Accepted { stream, peer, registration, place }) = incoming.recv().await {
        // Responses are written whole, so waiting for more data gains nothing.
        let stream = stream.set_nodelay(true).and_then(|()| TcpStream::from_std(stream));
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                debug!(event = Event::ConnectionFailed.name(), %error, "an accepted connection failed at once");
                continue;
            }
        };
        let (config, application) = (config.clone(), Rc::clone(&application));
        tasks.spawn_local(async move {
            serve(stream, peer, registration, timeouts, config, application).await;
            drop(place);
        });
    }
    tasks.close();
    if timeout(SHUTDOWN_TIMEOUT, tasks.wait()).await.is_err() {
        warn!(event = Event::Stopping.name(), "some requests did not finish in time");
    }
}

/// The routes of a listener, as connections call them.
struct Site<S> {
    service: S,
    middleware: Data<Middleware>,
}

impl<S> Application for Site<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    async fn respond(&self, request: Request) -> Response<BoxBody> {
        match self.service.call(request).await {
            Ok(response) => response.into(),
            Err(error) => HttpResponse::from_error(error).into(),
        }
    }

    fn reject(&self, rejection: Rejection, peer: SocketAddr) -> Response<BoxBody> {
        self.middleware.reject(rejection, peer.ip()).into()
    }
}
