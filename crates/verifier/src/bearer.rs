//! The bearer token, from the `Authorization` header and nowhere else (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::AuthError;

#[cfg(test)]
mod tests;

/// Returns the token of a request, which is not judged yet.
///
/// One or more spaces separate it from the scheme (`1*SP`). Two `Authorization` headers are rejected, because
/// another reader could use the other one.
///
/// # Errors
/// [`AuthError::InvalidToken`], which tells whether a bearer was sent at all.
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

/// Tells whether a text can be sent as a bearer token (`b64token`).
#[must_use]
pub fn is_bearer_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}
