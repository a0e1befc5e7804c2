//! Reading request bodies, with limits on size and time.

mod media_type;

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Payload;
use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use auth_strict_json::{Options, object};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::error::ApiError;
use super::request_time::request_time;
use crate::connection::MAX_BODY;

/// The time that a whole body may take to arrive (S-74).
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The request bodies that clients written for ASP.NET send.
const AS_IN_ASP_NET: Options = Options { skip_byte_order_mark: true, fold_names: true };

/// Reads a JSON body. The time of the request starts when the body has arrived.
///
/// # Errors
/// The rejection of a body of another type, of one that is too large or too slow, and of one that is not the JSON of `T`.
pub(super) async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    clock: &dyn Clock,
) -> Result<(T, RequestTime), ApiError> {
    if !media_type::is_json(request.headers()) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY) {
        return Err(ApiError::PayloadTooLarge);
    }
    let collected = timeout(BODY_TIMEOUT, collect(payload, announced.unwrap_or(MAX_BODY))).await;
    let body = collected.unwrap_or(Err(ApiError::RequestTimeout))?;
    let request_time = request_time(clock);
    Ok((parse(&body)?, request_time))
}

/// Parses a body.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with the fault of the JSON.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    object(body, AS_IN_ASP_NET).map_err(|error| ApiError::InvalidRequest(format!("The body {error}.")))
}

async fn collect(mut payload: Payload, capacity: usize) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    // The buffer may hold a password. It has its final size, because a buffer that grows leaves copies that are not wiped. The
    // connection delivers no more bytes than announced.
    let mut body = Zeroizing::new(Vec::with_capacity(capacity));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => ApiError::PayloadTooLarge,
            _ => ApiError::InvalidRequest("The body did not arrive whole.".to_owned()),
        })?;
        if body.len() + chunk.len() > MAX_BODY {
            return Err(ApiError::PayloadTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
