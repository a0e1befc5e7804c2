use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::{HttpResponse, ResponseError};
use auth_domain::model::EndReason;
use auth_domain::ports::PortError;
use auth_domain::use_cases::{LoginError, RefreshError, RefreshRejection};
use auth_verifier::AuthError;
use serde_json::{Value, json};

use super::*;
use crate::connection::Rejection;

type Headers = Vec<(&'static str, &'static str)>;

/// The rows of the status table.
fn table() -> Vec<(ApiError, u16, &'static str, Headers)> {
    let bearer = ("www-authenticate", "Bearer");
    vec![
        (ApiError::InvalidRequest("The email is required.".to_owned()), 400, "invalid_request", vec![]),
        (ApiError::InvalidCredentials, 401, "invalid_credentials", vec![bearer]),
        (ApiError::InvalidRefreshToken(None), 401, "invalid_refresh_token", vec![bearer]),
        (Rejection::Malformed.into(), 400, "invalid_request", vec![]),
        (Rejection::Host.into(), 400, "invalid_request", vec![]),
        (Rejection::Websocket.into(), 400, "invalid_request", vec![]),
        (Rejection::Connect.into(), 400, "invalid_request", vec![]),
        (Rejection::HeadTimeout.into(), 408, "request_timeout", vec![]),
        (Rejection::HeadTooLarge.into(), 431, "request_header_fields_too_large", vec![]),
        (ApiError::NotFound, 404, "not_found", vec![]),
        (ApiError::MethodNotAllowed("POST"), 405, "method_not_allowed", vec![("allow", "POST")]),
        (ApiError::RequestTimeout, 408, "request_timeout", vec![]),
        (ApiError::PayloadTooLarge, 413, "payload_too_large", vec![]),
        (ApiError::UnsupportedMediaType, 415, "unsupported_media_type", vec![]),
        (
            ApiError::RateLimited(Duration::from_millis(2_001)),
            429,
            "rate_limited",
            vec![("retry-after", "3")],
        ),
        (ApiError::Unavailable, 503, "service_unavailable", vec![]),
        (ApiError::Unanswered, 503, "service_unavailable", vec![]),
        (ApiError::SessionsNotEnded, 503, "service_unavailable", vec![]),
        (ApiError::Internal, 500, "internal_error", vec![]),
    ]
}

async fn body(response: HttpResponse) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap()
}

#[actix_web::test]
async fn every_error_has_its_status_code_headers_and_body() {
    for (error, status, code, headers) in table() {
        let response = error.error_response();
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
        for (name, value) in headers {
            assert_eq!(response.headers().get(name).unwrap(), value, "{code}");
        }
        let body = body(response).await;
        assert_eq!(body["error"], code);
        assert!(body["message"].as_str().is_some_and(|message| message.ends_with('.')), "{code}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{code}");
    }
}

#[actix_web::test]
async fn only_the_holder_of_a_token_gets_a_reason() {
    let error = |rejection| ApiError::from(RefreshError::InvalidRefreshToken { rejection, session: None });
    for rejection in [RefreshRejection::Malformed, RefreshRejection::Unknown, RefreshRejection::Expired] {
        assert_eq!(error(rejection), ApiError::InvalidRefreshToken(None));
    }
    for (rejection, reason) in [
        (RefreshRejection::AlreadyUsed { same_address: None }, "already_used"),
        (
            RefreshRejection::ReuseDetected { same_address: None, rotation_may_be_lost: false },
            "reuse_detected",
        ),
        (RefreshRejection::SessionEnded(EndReason::LoggedOut), "logged_out"),
        (RefreshRejection::SessionEnded(EndReason::Revoked), "revoked"),
        (RefreshRejection::SessionEnded(EndReason::UserInactive), "user_inactive"),
    ] {
        assert_eq!(body(error(rejection).error_response()).await["reason"], json!(reason));
    }
}

// S-76
#[actix_web::test]
async fn an_outage_is_503_and_a_defect_500_without_their_cause() {
    let cases = [
        (PortError::unavailable("inner text"), 503),
        (PortError::unanswered("inner text"), 503),
        (PortError::overloaded("inner text"), 503),
        (PortError::corrupt("inner text"), 500),
        (PortError::misconfigured("inner text"), 503),
    ];
    for (error, status) in cases {
        let response = ApiError::from(LoginError::Port(error)).error_response();
        assert_eq!(response.status().as_u16(), status);
        assert!(!body(response).await.to_string().contains("inner"));
    }
}

#[actix_web::test]
async fn a_503_claims_no_change_only_if_this_is_known() {
    for (error, is_known) in [
        (PortError::unavailable("away"), true),
        (PortError::overloaded("busy"), true),
        (PortError::unanswered("lost"), false),
        (PortError::misconfigured("no right"), true),
        (PortError::unavailable("away").into_unanswered(), false),
    ] {
        let text = body(ApiError::from(LoginError::Port(error)).error_response()).await.to_string();
        assert_eq!(text.contains("nothing was changed"), is_known, "{text}");
        assert_eq!(text.contains("unknown"), !is_known, "{text}");
    }
}

#[actix_web::test]
async fn outages_and_defects_get_the_response_of_the_verifier() {
    for (ours, verifier) in
        [(ApiError::Unavailable, AuthError::Unavailable), (ApiError::Internal, AuthError::Internal)]
    {
        let (ours, verifier) = (ours.error_response(), verifier.error_response());
        assert_eq!(ours.status(), verifier.status());
        let names = |response: &HttpResponse| {
            response.headers().keys().map(ToString::to_string).collect::<BTreeSet<_>>()
        };
        assert_eq!(names(&ours), names(&verifier));
        assert_eq!(body(ours).await, body(verifier).await);
    }
}
