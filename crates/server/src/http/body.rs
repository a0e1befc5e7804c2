//! Reading request bodies: bounded in size and in time.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use futures_util::StreamExt;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::ApiError;
use crate::connection::MAX_BODY;

/// How long a body may take to arrive as a whole (S-74).
const BODY_TIME: Duration = Duration::from_secs(5);

/// Reads a JSON body whole; the buffer may hold a password and is wiped.
pub(super) async fn read(request: &HttpRequest, payload: Payload) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    check_media_type(request)?;
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY) {
        return Err(ApiError::PayloadTooLarge);
    }
    let capacity = announced.unwrap_or(MAX_BODY);
    timeout(BODY_TIME, collect(payload, capacity)).await.unwrap_or(Err(ApiError::RequestTimeout))
}

async fn collect(mut payload: Payload, capacity: usize) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    // The buffer has its final size: one that grows would leave unwiped copies behind. The connection delivers no more bytes
    // than announced.
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

fn check_media_type(request: &HttpRequest) -> Result<(), ApiError> {
    let headers = request.headers();
    let mut types = headers.get_all(CONTENT_TYPE);
    let json = types.next().is_some_and(|value| value.to_str().is_ok_and(is_json)) && types.next().is_none();
    if !json || headers.contains_key(CONTENT_ENCODING) {
        return Err(ApiError::UnsupportedMediaType);
    }
    Ok(())
}

/// `application/json` or `application/*+json`, whatever parameters follow.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else { return false };
    let is_token = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty() && is_token(name))
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_and_its_relatives_are_taken_and_nothing_else() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "application/json;",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in
            ["", "text/json", "text/plain", "application/jsonp", "application/+json", "application/x", "json"]
        {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
