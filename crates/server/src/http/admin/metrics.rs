//! `GET /metrics`

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth_verifier::AuthError;

use crate::app::AppState;
use crate::http::ApiError;

/// Answers in the format that Prometheus asks for by itself.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes what was counted.
pub(super) async fn metrics(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let text = state.metrics.text(&state.readiness).map_err(|_| AuthError::Internal)?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(text))
}
