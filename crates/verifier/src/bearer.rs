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
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(AuthError::InvalidToken { presented: false });
    }
    let start = rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
    let (_, token) = rest.split_at(start);
    let token = str::from_utf8(token).ok().filter(|token| is_bearer_token(token));
    token.ok_or(AuthError::InvalidToken { presented: true })
}

/// Whether a text has the syntax of a bearer token (`b64token`).
#[must_use]
pub fn is_bearer_token(text: &str) -> bool {
    // Without a branch for each byte, the compiler checks many bytes at once. One range has `-`, `.`, `/` and the digits.
    let is_allowed = |byte: u8| {
        (byte | 0x20).is_ascii_lowercase()
            | matches!(byte, b'-'..=b'9')
            | matches!(byte, b'_' | b'~' | b'+' | b'=')
    };
    !text.is_empty() & text.bytes().fold(true, |all, byte| all & is_allowed(byte))
}
