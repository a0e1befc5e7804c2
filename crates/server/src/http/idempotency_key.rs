//! The header `Idempotency-Key`, which makes a refresh safe to repeat.

use actix_web::http::header::{HeaderMap, HeaderValue};
use auth_domain::model::IdempotencyKey;

use super::error::ApiError;

/// Returns the key of a request.
///
/// # Errors
/// [`ApiError::InvalidRequest`] if the header appears twice or is malformed.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all("idempotency-key").map(HeaderValue::as_bytes);
    let Some(value) = values.next() else { return Ok(None) };
    let reject = |fault: &str| Err(ApiError::InvalidRequest(format!("The Idempotency-Key header {fault}.")));
    if values.next().is_some() {
        return reject("must appear only once");
    }
    match IdempotencyKey::parse(value) {
        Ok(key) => Ok(Some(key)),
        Err(_) => reject("must have 1 to 255 visible ASCII characters"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    #[test]
    fn an_idempotency_key_appears_at_most_once() {
        let read = |values: &[&'static [u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let name = HeaderName::from_static("idempotency-key");
                headers.append(name, HeaderValue::from_bytes(value).unwrap());
            }
            idempotency_key(&headers)
        };
        let rejected =
            |fault: &str| Err(ApiError::InvalidRequest(format!("The Idempotency-Key header {fault}.")));
        assert_eq!(read(&[]), Ok(None));
        assert!(read(&[b"k"]).unwrap().is_some());
        for twice in [[b"k".as_slice(), b"k"].as_slice(), &[b"k", b""]] {
            assert_eq!(read(twice), rejected("must appear only once"));
        }
        for malformed in [b"".as_slice(), b"a b"] {
            assert_eq!(read(&[malformed]), rejected("must have 1 to 255 visible ASCII characters"));
        }
    }
}
