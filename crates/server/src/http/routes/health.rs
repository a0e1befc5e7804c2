//! `GET /health` and `GET /health/ready`

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth_domain::ports::Clock;

use crate::http::schemas::{HealthResponse, ReadErrors, ReadinessResponses};
use crate::readiness::Readiness;

/// Whether `/health/ready` names the dependencies (`HTTP__READINESS_DETAILS`).
pub(crate) struct ReadinessDetails(pub(crate) bool);

/// Reports that the process serves.
///
/// It checks no dependency.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses((status = 200, body = HealthResponse, description = "The process serves"), ReadErrors)
)]
pub(in crate::http) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthResponse { status: "ok" })
}

/// Reports whether requests can be served now.
///
/// It checks every dependency, at most twice a second for all clients, and names its state unless `HTTP__READINESS_DETAILS` is off.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(ReadinessResponses, ReadErrors))]
pub(in crate::http) async fn ready(
    readiness: Data<Readiness>,
    details: Data<ReadinessDetails>,
    clock: Data<dyn Clock>,
) -> HttpResponse {
    let report = readiness.report(&**clock).await;
    let mut response = if report.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(if details.0 { report } else { report.without_details() })
}
