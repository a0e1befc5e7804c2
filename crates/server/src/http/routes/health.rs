//! `GET /health` and `GET /health/ready`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::AppState;
use crate::http::schemas::{Health, ReadAnswers, ReadinessAnswers};

/// Reports that the process serves.
///
/// It asks no dependency.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses((status = 200, body = Health, description = "The process serves"), ReadAnswers)
)]
pub(in crate::http) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Reports whether requests can be served now.
///
/// It checks every dependency, at most twice a second for all clients, and names its state unless `HTTP__READINESS_DETAILS` is off.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(ReadinessAnswers, ReadAnswers))]
pub(in crate::http) async fn ready(state: Data<AppState>) -> HttpResponse {
    let report = state.readiness.report(&*state.clock).await;
    let mut response = if report.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(if state.readiness_details { report } else { report.without_details() })
}
