//! HTTP/1.1 connections: one task each reads a request, calls the application and writes the response, in order.

mod body;
mod body_state;
mod connections;
mod drain;
mod entry;
mod group;
mod groups;
mod interruption;
mod limits;
mod output;
mod registration;
mod rejection;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod timer;
mod transport;
mod wire;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;

use actix_http::h1::Codec;
use actix_http::{Request, Response, ServiceConfig};
use actix_web::body::BoxBody;
use actix_web::http::Method;
use tokio::time::Instant;

pub(crate) use connections::{ConnectionLimits, Connections};
pub(crate) use limits::{MAX_BODY, Timeouts};
pub(crate) use registration::Registration;
pub(crate) use rejection::Rejection;
use request::NoRequest;
use timer::now;
pub(crate) use transport::Transport;
use wire::Shared;

use crate::metrics::TimeoutReason;

/// The application that a connection calls.
pub(crate) trait Application {
    /// Returns the response to a request.
    fn respond(&self, request: Request) -> impl Future<Output = Response<BoxBody>>;

    /// Returns the response to a request that is rejected before the application sees it.
    fn reject(&self, rejection: Rejection, peer: SocketAddr) -> Response<BoxBody>;
}

/// Serves one connection until either side closes it.
pub(crate) async fn serve<T: Transport, A: Application>(
    io: T,
    peer: SocketAddr,
    registration: Registration,
    timeouts: Timeouts,
    config: ServiceConfig,
    application: Rc<A>,
) {
    let first_head = now() + timeouts.head;
    let wire = Shared::new(io, Codec::new(config), timeouts, registration);
    let connection = Connection { wire, peer, application };
    let mut deadline = Some(first_head);
    while connection.turn(deadline.take()).await == Next::Request {}
}

struct Connection<T, A> {
    wire: Shared<T>,
    peer: SocketAddr,
    application: Rc<A>,
}

/// What a connection does after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Request,
    Close,
}

impl<T: Transport, A: Application> Connection<T, A> {
    /// Serves one request; `first_head` is the deadline of the connection's first head.
    async fn turn(&self, first_head: Option<Instant>) -> Next {
        let mut request = match request::read(&self.wire, first_head).await {
            Ok(request) => request,
            Err(NoRequest::Silent) => return Next::Close,
            Err(NoRequest::Rejected(rejection)) => return self.reject(rejection).await,
        };
        request.head_mut().peer_addr = Some(self.peer);
        body::attach(&self.wire, &mut request);
        let is_head = request.method() == Method::HEAD;
        let response = self.application.respond(request).await;

        let is_finished = poll_fn(|context| Poll::Ready(self.wire.get().finish_body(context))).await;
        self.send(response, is_head, !is_finished).await
    }

    async fn reject(&self, rejection: Rejection) -> Next {
        if rejection == Rejection::HeadTimeout {
            self.wire.get().registration.timed_out(TimeoutReason::Head);
        }
        let is_head = self.wire.get().is_head;
        self.send(self.application.reject(rejection, self.peer), is_head, true).await
    }

    async fn send(&self, response: Response<BoxBody>, is_head: bool, close: bool) -> Next {
        match response::send(&self.wire, response, is_head, close).await {
            Ok(response::Sent::KeepAlive) => Next::Request,
            Ok(response::Sent::Close) => {
                response::linger(&self.wire).await;
                Next::Close
            }
            Err(response::NotSent) => Next::Close,
        }
    }
}
