//! `GET /health` and `GET /health/ready`

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::AppState;
use crate::http::schemas::{Health, ReadinessAnswers};

/// Answers while the process serves; asks nothing else.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
pub(in crate::http) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Tells whether requests can be served now, and names the state of each dependency.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses(ReadinessAnswers))]
pub(in crate::http) async fn ready(state: Data<AppState>) -> HttpResponse {
    let report = state.readiness.check(&*state.clock).await;
    let mut response = if report.ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(report)
}
