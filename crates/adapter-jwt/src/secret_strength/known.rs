//! Published secrets: samples of libraries, tutorials and example repositories.

use sha2::{Digest, Sha256};

/// SHA-256 digests of published secrets, in hexadecimal, one per line.
pub(super) const DIGESTS: &str = include_str!("known_secrets.sha256");
/// More published secrets in plain text, one per line.
pub(super) const TEXTS: &str = include_str!("known_secrets.txt");

/// Returns whether a secret is published, without regard to case and surrounding white space.
pub(super) fn is_known(text: &str) -> bool {
    let folded = fold(text);
    let digest = hex(&Sha256::digest(folded.as_bytes()));
    DIGESTS.lines().any(|known| known == digest) || TEXTS.lines().any(|known| fold(known) == folded)
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
