//! Search for secrets in all their encodings.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::Tokens;

/// The shortest piece of a secret that counts as found.
const SLICE: usize = 12;
/// A refresh token begins with the id of its user, in hex, which is no secret.
const USER_ID: usize = 32;

/// The 12-byte pieces of a number of secrets.
#[derive(Debug, Default)]
pub struct Slices(HashSet<Vec<u8>>);

impl Slices {
    /// Adds a secret as it is.
    pub fn add(&mut self, secret: impl AsRef<[u8]>) {
        self.0.extend(secret.as_ref().windows(SLICE).map(<[u8]>::to_vec));
    }

    /// Adds the secret parts of a token pair: as they are, in hex, and in base64.
    pub fn add_tokens(&mut self, tokens: &Tokens) {
        let (_, refresh) = tokens.refresh.split_at(USER_ID);
        let (_, signature) = tokens.access.rsplit_once('.').expect("a signature");
        self.add(&tokens.access);
        self.add(refresh);
        self.add_in_base64(refresh.as_bytes());
        for bytes in [from_hex(refresh), URL_SAFE_NO_PAD.decode(signature).expect("base64url")] {
            self.add(to_hex(&bytes));
            self.add(to_hex(&bytes).to_uppercase());
            self.add_in_base64(&bytes);
            self.add(bytes);
        }
    }

    /// Returns a piece of a secret that `content` contains, as text.
    pub fn find_in(&self, content: &[u8]) -> Option<String> {
        let found = content.windows(SLICE).find(|part| self.0.contains(*part));
        found.map(|part| String::from_utf8_lossy(part).into_owned())
    }

    /// Inside a longer base64 text, a secret can begin at three offsets.
    fn add_in_base64(&mut self, bytes: &[u8]) {
        for start in 0..3 {
            self.add(STANDARD.encode(&bytes[start..]));
            self.add(URL_SAFE_NO_PAD.encode(&bytes[start..]));
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).expect("a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let byte = |start: usize| u8::from_str_radix(&text[start..start + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_found_in_every_spelling() {
        let tokens = Tokens {
            access: format!("head.claims.{}", URL_SAFE_NO_PAD.encode([7; 32])),
            refresh: "00".repeat(16)
                + "f1e2d3c4b5a69788796a5b4c3d2e1f00f1d2e3c4a5b697788".repeat(2).get(..72).unwrap(),
        };
        let mut slices = Slices::default();
        slices.add_tokens(&tokens);
        let (_, secret) = tokens.refresh.split_at(USER_ID);
        let leaks = [
            secret.as_bytes()[10..40].to_vec(),
            secret.to_uppercase().into_bytes(),
            from_hex(secret)[3..].to_vec(),
            STANDARD.encode([b"x".to_vec(), from_hex(secret)].concat()).into_bytes(),
            to_hex(&[7; 32]).into_bytes(),
        ];
        for leak in leaks {
            assert!(slices.find_in(&leak).is_some(), "{leak:?}");
        }
        assert_eq!(slices.find_in(&tokens.refresh.as_bytes()[..USER_ID]), None);
    }
}
