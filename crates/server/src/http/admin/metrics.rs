//! `GET /metrics`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::error::ApiError;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

/// The format that Prometheus requests by default.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns the metrics of this process.
pub(super) async fn metrics(
    metrics: Data<Metrics>,
    readiness: Data<Readiness>,
) -> Result<HttpResponse, ApiError> {
    let text = metrics.text(&readiness).map_err(|_| ApiError::Internal)?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(text))
}
