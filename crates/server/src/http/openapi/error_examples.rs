//! Examples of error responses, made from the errors that the service returns.

use std::time::Duration;

use auth_verifier::AuthError;
use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use crate::connection::Rejection;
use crate::http::body::parse;
use crate::http::error::{ApiError, ErrorCode, ErrorResponse, RejectionReason};
use crate::http::requests::{LoginRequest, LogoutRequest, RefreshRequest};

/// Adds an example to each error response of each operation.
pub(super) struct ErrorExamples;

impl Modify for ErrorExamples {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                add_examples(path, operation);
            }
        }
    }
}

fn add_examples(path: &str, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        for content in response.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            for body in examples(path, status) {
                let name = body.get("reason").or(body.get("error")).and_then(Value::as_str);
                let mut name = name.unwrap_or_default().to_owned();
                if content.examples.contains_key(&name) {
                    // Both 503s have one code.
                    name.push_str("_unanswered");
                }
                let example = ExampleBuilder::new().value(Some(body)).build();
                content.examples.insert(name, RefOr::T(example));
            }
        }
    }
}

/// Returns the bodies of the errors of an operation with a status.
fn examples(path: &str, status: &str) -> Vec<Value> {
    let errors = match (path.trim_start_matches("/api/v1/auth/"), status) {
        ("login", "400") => faults(parse::<LoginRequest>(b"{}").and_then(LoginRequest::parse)),
        ("refresh", "400") => faults(parse::<RefreshRequest>(b"{}").and_then(RefreshRequest::parse)),
        ("logout", "400") => faults(parse::<LogoutRequest>(b"{}").and_then(LogoutRequest::parse)),
        (_, "400") => vec![Rejection::Websocket.into()],
        ("login", "401") => vec![ApiError::InvalidCredentials],
        ("refresh", "401") => {
            let used = ApiError::InvalidRefreshToken(Some(RejectionReason::AlreadyUsed));
            vec![ApiError::InvalidRefreshToken(None), used]
        }
        ("logout", "401") => return vec![invalid_token(), json(&ApiError::InvalidRefreshToken(None).body())],
        (_, "401") => return vec![invalid_token()],
        (_, "408") => vec![ApiError::RequestTimeout],
        (_, "413") => vec![ApiError::PayloadTooLarge],
        (_, "415") => vec![ApiError::UnsupportedMediaType],
        ("refresh", "429") => vec![ApiError::TooManyRefreshes(Duration::ZERO)],
        (_, "429") => vec![ApiError::RateLimited(Duration::ZERO)],
        (_, "431") => vec![ApiError::HeadTooLarge],
        (_, "500") => vec![ApiError::Internal],
        // The response of `/health/ready` is a report.
        (path, "503") if !path.starts_with('/') => vec![ApiError::Unavailable, ApiError::Unanswered],
        _ => Vec::new(),
    };
    errors.iter().map(|error| json(&error.body())).collect()
}

fn faults<T>(result: Result<T, ApiError>) -> Vec<ApiError> {
    result.err().into_iter().collect()
}

fn invalid_token() -> Value {
    let (_, _, message) = AuthError::InvalidToken { presented: true }.parts();
    json(&ErrorResponse { error: ErrorCode::InvalidToken, message, reason: None })
}

fn json(body: &ErrorResponse<'_>) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}
