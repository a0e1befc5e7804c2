//! The compact serialization of a token (RFC 7515 §7.1), in its one canonical spelling.

use auth_domain::ports::InvalidAccessToken;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest token that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 4096;
/// The length of an HS256 signature.
const SIGNATURE_BYTES: usize = 32;

/// The parts of a token; the signature is not verified yet.
pub(crate) struct Compact<'a> {
    /// The signed text: the first two parts with the dot between them.
    pub(crate) signed: &'a str,
    /// The decoded first part; `None` if it is that of issued tokens.
    pub(crate) header: Option<Vec<u8>>,
    /// The decoded second part.
    pub(crate) payload: Vec<u8>,
    /// The third part, still encoded.
    pub(crate) signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Splits `token` into exactly three parts of canonical base64url. A header equal to `issued` is not decoded.
    pub(crate) fn parse(token: &'a str, issued: &str) -> Result<Self, InvalidAccessToken> {
        let (signed, signature) = token.rsplit_once('.').ok_or(InvalidAccessToken::Malformed)?;
        // A fourth part leaves a dot in the payload, which base64url does not allow.
        let (header, payload) = signed.split_once('.').ok_or(InvalidAccessToken::Malformed)?;
        if !is_signature(signature) {
            return Err(InvalidAccessToken::Malformed);
        }
        let header = if header == issued { None } else { Some(decode(header)?) };
        Ok(Self { signed, header, payload: decode(payload)?, signature })
    }
}

/// Encodes a part.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends an encoded part.
pub(crate) fn encode_into(bytes: impl AsRef<[u8]>, text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Returns whether a part is canonical base64url for as many bytes as a signature has.
fn is_signature(part: &str) -> bool {
    // The engine needs room for whole groups of three bytes, and rejects a part that does not fit.
    let mut room = [0; SIGNATURE_BYTES.next_multiple_of(3)];
    URL_SAFE_NO_PAD.decode_slice(part, &mut room) == Ok(SIGNATURE_BYTES)
}

/// Decodes a part. The engine rejects padding, white space and unused bits that are set.
fn decode(part: &str) -> Result<Vec<u8>, InvalidAccessToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidAccessToken::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNATURE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    // S-32
    #[test]
    fn a_token_has_exactly_three_canonical_parts() {
        assert!(Compact::parse(&format!("e30.e30.{SIGNATURE}"), "").is_ok());
        for text in [
            "",
            "..",
            "e30.e30",
            "e30.e30.",
            "e30.e30.AA",
            "e30.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
            "e30.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            " e30.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "e30.e31.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "e3 0.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "e30.e30.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "e30.+/8A.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(Compact::parse(text, "").err(), Some(InvalidAccessToken::Malformed), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_parsed_token_has_no_other_spelling(text in "[A-Za-z0-9_=+/. -]{0,8}\\.[A-Za-z0-9_-]{0,8}") {
            let token = format!("{text}.{SIGNATURE}");
            if let Ok(compact) = Compact::parse(&token, "e30") {
                let header = compact.header.unwrap_or_else(|| b"{}".to_vec());
                let again = format!("{}.{}", encode(&header), encode(&compact.payload));
                prop_assert_eq!(again, compact.signed);
            }
        }
    }
}
