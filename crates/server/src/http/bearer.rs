//! The bearer token, from the `Authorization` header and nowhere else (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::ApiError;

#[cfg(test)]
mod tests;

/// Returns the token of the request.
///
/// Two `Authorization` headers are refused: another reader might take the other one.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Err(ApiError::InvalidToken { presented: false });
    };
    if values.next().is_some() {
        return Err(ApiError::InvalidToken { presented: true });
    }
    let Ok(text) = value.to_str() else {
        return Err(ApiError::InvalidToken { presented: true });
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::InvalidToken { presented: false });
    }
    let token = token.trim_matches(' ');
    if !is_bearer_token(token) {
        return Err(ApiError::InvalidToken { presented: true });
    }
    Ok(token)
}

/// Tells whether a text can be sent as a bearer token (`b64token`).
pub(crate) fn is_bearer_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}
