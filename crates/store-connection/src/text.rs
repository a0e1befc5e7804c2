//! Percent-encoding.

use percent_encoding::percent_decode_str;

use crate::error::UrlError;

/// Decodes a part of a URL. `what` names the part.
pub(crate) fn decoded(text: &str, what: &str) -> Result<String, UrlError> {
    let mut parts = text.split('%');
    parts.next();
    let is_code =
        |part: &str| part.get(..2).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !parts.all(is_code) {
        return Err(UrlError::new(format!(
            "{what} contains a % without two hexadecimal digits; write %25 for %"
        )));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded =
        decoded.map_err(|_| UrlError::new(format!("{what} is not UTF-8; correct its percent-encoding")))?;
    if decoded.contains(char::is_control) {
        return Err(UrlError::new(format!("{what} contains a control character; remove it")));
    }
    Ok(decoded.into_owned())
}
