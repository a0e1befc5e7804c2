//! The headers that every response has.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};

/// The content security policy of responses that are no page: they load and run nothing, and no page may frame them.
const NO_CONTENT: &str = "default-src 'none'; frame-ancestors 'none'";

/// Sets the headers, and keeps a content security policy that the handler has set.
pub(super) fn complete(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_CONTENT));
    }
}
