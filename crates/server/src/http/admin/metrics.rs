//! `GET /metrics`

use actix_web::http::header::ACCEPT;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::error::ApiError;
use crate::metrics::{Metrics, to_plain_text};
use crate::readiness::Readiness;

/// The format that Prometheus requests by default.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Returns the metrics of this process, in the `OpenMetrics` format for a client that names it.
pub(super) async fn metrics(
    request: HttpRequest,
    metrics: Data<Metrics>,
    readiness: Data<Readiness>,
) -> Result<HttpResponse, ApiError> {
    let text = metrics.text(&readiness).map_err(|_| ApiError::Internal)?;
    let mut accepted = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    let (format, body) = if accepted.any(|value| value.contains("application/openmetrics-text")) {
        (OPEN_METRICS, text)
    } else {
        (PLAIN_TEXT, to_plain_text(&text))
    };
    Ok(HttpResponse::Ok().content_type(format).body(body))
}
