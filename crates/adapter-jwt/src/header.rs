//! The protected header (RFC 7515 §4) of issued tokens, and the check of the header of presented tokens.

use std::collections::BTreeMap;

use auth_domain::ports::InvalidAccessToken;
use auth_strict_json::{Member, Options, object};
use serde_json::json;

use crate::compact;

const ALGORITHM: &str = "HS256";
const TYPE: &str = "JWT";

/// Returns the encoded header. It is the same for all tokens of a configuration.
pub(crate) fn encode(key_id: Option<&str>) -> String {
    let kid = key_id.map_or_else(String::new, |key_id| format!(r#","kid":{}"#, json!(key_id)));
    compact::encode(format!(r#"{{"alg":"{ALGORITHM}","typ":"{TYPE}"{kid}}}"#))
}

/// Accepts exactly HS256 and the type `JWT`, and a `kid` only if it is the configured one.
///
/// Every other member is rejected. The other members of RFC 7515 §4.1 choose keys or change the meaning of the signature, and no
/// issuer on the HookSentry platform writes them. A token without `kid` is accepted, because other issuers on the platform write
/// no `kid`.
pub(crate) fn check(header: &[u8], key_id: Option<&str>) -> Result<(), InvalidAccessToken> {
    // No `serde_json::Value`: it gives one member name a meaning of its own, and would read an object with it as a text.
    let members: BTreeMap<String, Member> =
        object(header, Options::default()).map_err(|_| InvalidAccessToken::Malformed)?;
    if members.get("alg").and_then(text) != Some(ALGORITHM) {
        return Err(InvalidAccessToken::HeaderRejected);
    }
    let accepted = members.iter().all(|(name, value)| match name.as_str() {
        "alg" => true,
        "typ" => text(value) == Some(TYPE),
        "kid" => key_id.is_some() && text(value) == key_id,
        _ => false,
    });
    if accepted { Ok(()) } else { Err(InvalidAccessToken::HeaderRejected) }
}

fn text(member: &Member) -> Option<&str> {
    match member {
        Member::Text(text) => Some(text),
        Member::Missing | Member::Object(_) | Member::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_encoded_header_has_a_fixed_spelling() {
        assert_eq!(encode(None), compact::encode(r#"{"alg":"HS256","typ":"JWT"}"#));
        assert_eq!(encode(Some("k1")), compact::encode(r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#));
        assert_eq!(encode(Some("a\"b")), compact::encode(r#"{"alg":"HS256","typ":"JWT","kid":"a\"b"}"#));
    }

    // S-31
    #[test]
    fn only_the_configured_key_id_is_accepted() {
        let with = br#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#;
        let without = br#"{"alg":"HS256","typ":"JWT"}"#;
        assert_eq!(check(with, Some("k1")), Ok(()));
        assert_eq!(check(without, Some("k1")), Ok(()));
        assert_eq!(check(without, None), Ok(()));
        for key_id in [None, Some("k2"), Some("K1"), Some("")] {
            assert_eq!(check(with, key_id), Err(InvalidAccessToken::HeaderRejected), "{key_id:?}");
        }
        let null = br#"{"alg":"HS256","kid":null}"#;
        assert_eq!(check(null, None), Err(InvalidAccessToken::HeaderRejected));
    }

    // S-29, S-31
    #[test]
    fn other_algorithms_types_and_members_are_rejected() {
        for text in [
            r#"{"typ":"JWT"}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":"HS256","typ":"at+jwt"}"#,
            r#"{"alg":"HS256","typ":null}"#,
            r#"{"alg":"HS256","typ":{"$serde_json::private::RawValue":"\"JWT\""}}"#,
            r#"{"alg":{"$serde_json::private::RawValue":"\"HS256\""}}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","jwk":{}}"#,
            r#"{"alg":"HS256","x":1}"#,
        ] {
            assert_eq!(check(text.as_bytes(), None), Err(InvalidAccessToken::HeaderRejected), "{text}");
        }
        assert_eq!(check(b"[]", None), Err(InvalidAccessToken::Malformed));
    }

    proptest! {
        // Verification skips `check` for a header that is equal to the encoded header, so `check` must accept that header.
        #[test]
        fn the_encoded_header_is_accepted(key_id in prop::option::of(any::<String>())) {
            let header = URL_SAFE_NO_PAD.decode(encode(key_id.as_deref())).unwrap();
            prop_assert_eq!(check(&header, key_id.as_deref()), Ok(()));
        }
    }
}
