//! The properties by name.

use crate::{access_tokens, addresses, hashes, heads, json, refresh_tokens, texts, urls};

/// A function that panics if the input breaks the property.
pub type Property = fn(&[u8]);

/// The name of each property, and the function that checks it. A fuzz target has the same name.
pub const TARGETS: [(&str, Property); 15] = [
    ("access_token", access_tokens::access_token),
    ("bearer", texts::bearer),
    ("client_address", addresses::client_address),
    ("cors_origin", texts::cors_origin),
    ("email", texts::email),
    ("framing", heads::framing),
    ("host", heads::host),
    ("idempotency_key", texts::idempotency_key),
    ("json", json::json),
    ("password_hash", hashes::password_hash),
    ("postgres_url", urls::postgres),
    ("redis_url", urls::redis),
    ("refresh_token", refresh_tokens::refresh_token),
    ("request_head", heads::request_head),
    ("upgrade", heads::upgrade),
];

/// Checks the property with this name.
pub fn check(name: &str, input: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, property) = found.expect("the name of a property in TARGETS");
    property(input);
}
