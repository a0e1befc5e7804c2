//! Lists of pairs in variables. Their values may be secret, so no message quotes them.

use actix_web::http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Checks headers: `name=value`, separated by commas, each value with percent-encoding. The exporter parses them again, and sends
/// no header whose decoded value is empty or has a control character.
pub(super) fn check_headers(text: &str) -> Result<(), String> {
    let is_valid = |(name, value): (&str, &str)| {
        let value = percent_decode_str(value).decode_utf8().ok().filter(|value| !value.is_empty());
        HeaderName::from_bytes(name.as_bytes()).is_ok()
            && value.is_some_and(|value| HeaderValue::from_str(&value).is_ok())
    };
    let are_valid = pairs(text).all(|pair| pair.is_some_and(is_valid));
    are_valid.then_some(()).ok_or_else(|| {
        "it is not a list of headers; write name=value, with commas between headers".to_owned()
    })
}

/// Checks attributes of the resource: `key=value`, separated by commas.
pub(super) fn check_attributes(text: &str) -> Result<(), String> {
    let are_valid = pairs(text).all(|pair| pair.is_some_and(|(key, _)| !key.is_empty()));
    are_valid.then_some(()).ok_or_else(|| {
        "it is not a list of attributes; write key=value, with commas between attributes".to_owned()
    })
}

/// Returns whether the attributes of the resource have `key`.
pub(super) fn has_attribute(text: &str, key: &str) -> bool {
    pairs(text).flatten().any(|(name, _)| name == key)
}

fn pairs(text: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    let items = text.split(',').filter(|item| !item.trim().is_empty());
    items.map(|item| item.split_once('=').map(|(key, value)| (key.trim(), value.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-40, S-95
    #[test]
    fn a_header_that_cannot_be_sent_is_rejected_without_its_value() {
        for good in ["api-key=abc", "a=1,b=2", "authorization=Bearer%20secret", "a=b=c,"] {
            assert_eq!(check_headers(good), Ok(()), "{good}");
        }
        for bad in [
            "secret",
            "a=1,secret",
            "sec ret=1",
            "=secret",
            "a=sec\nret",
            "a=sec%0Aret",
            "a=sec%00ret",
            "a=",
            "sec=%ff",
        ] {
            let problem = check_headers(bad).unwrap_err();
            assert!(!problem.contains("sec"), "{problem}");
        }
    }

    #[test]
    fn attributes_are_pairs_with_a_key() {
        assert_eq!(check_attributes("deployment.environment.name=prod,service.name=login"), Ok(()));
        assert!(check_attributes("prod").is_err() && check_attributes("=prod").is_err());
        assert!(has_attribute("a=b, service.name=login", "service.name"));
        assert!(!has_attribute("a=service.name", "service.name"));
    }
}
