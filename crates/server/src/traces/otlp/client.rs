//! The HTTP client that sends batches to the collector.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_store_connection::{TlsError, without_trust};
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tokio::runtime::{Builder, Runtime};

use super::span_counts::SpanCounts;
use super::trust::{CERTIFICATE, Trust};
use crate::error_chain::error_chain;

/// Sends requests on a runtime of its own, which runs on the thread that exports.
#[derive(Debug)]
pub(super) struct CollectorClient {
    client: Box<dyn HttpClient>,
    runtime: Runtime,
    counts: Arc<SpanCounts>,
}

impl CollectorClient {
    /// Returns a client whose requests take at most `timeout`.
    ///
    /// # Errors
    /// A text if the certificates cannot be used or the runtime cannot start.
    pub(super) fn new(trust: &Trust, timeout: Duration, counts: Arc<SpanCounts>) -> Result<Self, String> {
        let tls = match trust {
            Trust::Plain => without_trust(CERTIFICATE),
            Trust::Tls(settings) => settings.client_config(),
        };
        let tls = tls.map_err(|error: TlsError| error.to_string())?;
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
            format!("the exporter of traces cannot start: {error}; check the limit on open files")
        })?;
        Ok(Self { client: Box::new(HyperClient::new(connector, timeout, None)), runtime, counts })
    }

    /// Notes why a response means that spans are lost.
    fn note(&self, response: &Response<Bytes>) {
        if !response.status().is_success() {
            self.counts.note(format!("the collector answered with status {}", response.status().as_u16()));
            return;
        }
        let decoded = ExportTraceServiceResponse::decode(response.body().clone());
        if let Some(partial) = decoded.ok().and_then(|response| response.partial_success)
            && let Ok(rejected @ 1..) = u64::try_from(partial.rejected_spans)
        {
            self.counts.lose(rejected);
            self.counts.note("the collector rejected a part of a batch".to_owned());
        }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let result = self.runtime.block_on(self.client.send_bytes(request));
        match &result {
            Ok(response) => self.note(response),
            Err(error) => self.counts.note(error_chain(&**error)),
        }
        result
    }
}
