//! Short texts of clients and settings.

use auth_domain::model::{Email, IdempotencyKey};
use auth_http_input::check_origin;
use auth_verifier::is_bearer_token;

/// An accepted email is canonical, and its spellings are the same email.
pub(crate) fn email(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let parsed = Email::parse(text);
    for spelling in [format!(" {text}\t"), text.to_ascii_uppercase()] {
        assert_eq!(Email::parse(&spelling), parsed, "another spelling");
    }
    let Ok(email) = parsed else { return };
    let canonical = email.as_str();
    assert_eq!(Email::parse(canonical).as_ref(), Ok(&email));
    assert!(canonical.len() <= Email::MAX_LENGTH && canonical.eq_ignore_ascii_case(text.trim()));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    assert!(canonical.bytes().all(is_plain), "{canonical:?}");
    let (_, domain) = canonical.split_once('@').expect("an @");
    assert!(domain.split('.').all(|label| (1..=63).contains(&label.len())), "{canonical}");
}

/// An idempotency key is 1 to 255 visible ASCII bytes, and kept as it is.
pub(crate) fn idempotency_key(input: &[u8]) {
    let is_valid = (1..=255).contains(&input.len()) && input.iter().all(u8::is_ascii_graphic);
    let key = IdempotencyKey::parse(input);
    assert_eq!(key.is_ok(), is_valid);
    assert!(key.is_err() || key.is_ok_and(|key| key.expose_bytes() == input));
}

/// A bearer token has the characters of RFC 6750 §2.1.
pub(crate) fn bearer(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    assert_eq!(is_bearer_token(text), !text.is_empty() && text.bytes().all(is_allowed));
}

/// An accepted origin is a scheme and a host in ASCII, with nothing behind them.
pub(crate) fn cors_origin(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if check_origin(text).is_err() {
        return;
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.expect("the scheme http or https");
    assert!(!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    assert!(!rest.contains(['/', '?', '#', '@', '*', ',', ';', '\\']), "{text}");
    assert!(!rest.bytes().any(|byte| byte.is_ascii_uppercase()), "{text}");
}
