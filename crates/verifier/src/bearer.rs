//! The bearer token of a request, from the `Authorization` header only (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::auth_error::AuthError;

#[cfg(test)]
mod tests;

/// Returns the bearer token of a request, not verified.
///
/// One or more spaces separate it from the scheme (`1*SP`). Two `Authorization` headers are rejected, because another
/// component could read the other one.
///
/// # Errors
/// [`AuthError::InvalidToken`] if there is no token, or more than one, or a malformed one.
pub fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else {
        return Err(AuthError::InvalidToken { presented: false });
    };
    if values.next().is_some() {
        return Err(AuthError::InvalidToken { presented: true });
    }
    let Ok(text) = value.to_str() else {
        return Err(AuthError::InvalidToken { presented: true });
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::InvalidToken { presented: false });
    }
    let token = token.trim_start_matches(' ');
    if !is_bearer_token(token) {
        return Err(AuthError::InvalidToken { presented: true });
    }
    Ok(token)
}

/// Whether a text has the syntax of a bearer token (`b64token`).
#[must_use]
pub fn is_bearer_token(text: &str) -> bool {
    let is_allowed = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    !text.is_empty() && text.bytes().all(is_allowed)
}
