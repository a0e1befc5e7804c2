//! Middleware: what all requests have in common.

mod access_log;
mod cors;
mod headers;
mod panics;
mod request_id;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use auth_domain::model::ClientAddress;
use auth_domain::ports::{Clock, Entropy};
use tracing::Instrument;

use super::client::Client;
use super::error::ApiError;
use super::paths;
use super::request_state::RequestState;
use crate::audit;
use crate::client_address::ClientAddresses;
use crate::connection::Rejection;
use crate::metrics::Metrics;
use crate::traces;

pub(crate) use cors::Cors;
pub(super) use cors::OpenToBrowsers;
pub(super) use panics::catch_panics;
use request_id::RequestId;

/// The middleware of a listener.
#[derive(Clone)]
pub(crate) struct Middleware {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) client_addresses: Arc<ClientAddresses>,
    pub(crate) cors: Arc<Cors>,
}

/// Runs the [`Middleware`] of the application around a request.
pub(crate) async fn middleware(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match request.app_data::<Data<Middleware>>().cloned() {
        Some(middleware) => middleware.run(request, next).await,
        None => Err(ApiError::Internal.into()),
    }
}

impl Middleware {
    /// Gives the request its id and its span, completes the headers of the response, logs and counts it.
    async fn run(
        &self,
        mut request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        paths::canonicalize(&mut request);
        let started = self.clock.instant();
        let id = RequestId::of(request.headers(), &*self.entropy);
        let client = Client::determine(&request, &self.client_addresses);
        RequestState::begin(&request, client, audit::is_on().then(|| id.as_str().into()));
        let span = access_log::span(id.as_str(), client.address);
        let is_from_proxy =
            request.peer_addr().is_some_and(|peer| self.client_addresses.is_trusted(peer.ip()));
        traces::begin(&span, is_from_proxy.then(|| request.headers()));
        let cors = self.cors.read(&request);

        let mut response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
        if let Some(cors) = cors {
            response = cors.complete(response);
        }
        id.set(response.headers_mut());
        headers::complete(response.headers_mut());

        let elapsed = self.clock.instant().duration_since(started);
        let path = RequestState::with(response.request(), |state| state.route.get());
        span.in_scope(|| access_log::request(&response, path, elapsed));
        traces::end(&span, Some(response.request()), path, response.status());
        let method = response.request().method().as_str();
        self.metrics.request(method, path, response.status().as_u16(), elapsed);
        Ok(response)
    }

    /// Returns the response to a request that never reaches the application, logged and counted like any other.
    pub(crate) fn reject(&self, rejection: Rejection, peer: IpAddr) -> HttpResponse {
        let mut response = ApiError::from(rejection).error_response();
        let id = RequestId::of(&HeaderMap::new(), &*self.entropy);
        headers::complete(response.headers_mut());

        let status = response.status().as_u16();
        // No header can be trusted, so the client is the peer, a trusted proxy included.
        let span = access_log::span(id.as_str(), Some(ClientAddress::new(peer)));
        traces::begin(&span, None);
        span.in_scope(|| access_log::rejected_head(status, rejection));
        traces::end(&span, None, "-", response.status());
        self.metrics.request("-", "-", status, Duration::ZERO);
        id.set(response.headers_mut());
        response
    }
}
