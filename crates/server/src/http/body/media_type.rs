//! The media type of a request body.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// Returns whether the headers announce plain JSON: exactly one content type, and no content encoding.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE);
    let is_json = types.next().is_some_and(|value| value.to_str().is_ok_and(is_json_type));
    is_json && types.next().is_none() && !headers.contains_key(CONTENT_ENCODING)
}

/// Returns whether it is `application/json` or `application/*+json`, with any parameters.
fn is_json_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else { return false };
    let is_token = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty() && is_token(name))
}

#[cfg(test)]
mod tests {
    use super::is_json_type;

    #[test]
    fn only_json_and_types_with_its_suffix_are_json() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "application/json;",
        ] {
            assert!(is_json_type(good), "{good}");
        }
        for bad in
            ["", "text/json", "text/plain", "application/jsonp", "application/+json", "application/x", "json"]
        {
            assert!(!is_json_type(bad), "{bad}");
        }
    }
}
