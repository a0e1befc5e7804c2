//! Inputs and expected outcomes that other implementations produced.

use serde::Deserialize;

/// A hash in the platform's older format, with the password that it was made of.
#[derive(Debug, Deserialize)]
pub struct LegacyPasswordHash {
    /// The password.
    pub password: String,
    /// The stored text, `base64(salt):base64(hash)`.
    pub stored: String,
}

/// Access tokens as a verifier may meet them.
#[derive(Debug, Deserialize)]
pub struct JwsVectors {
    /// The key to configure; its UTF-8 bytes.
    pub key: String,
    /// The issuer to configure.
    pub issuer: String,
    /// The audience to configure.
    pub audience: String,
    /// The tokens.
    pub cases: Vec<JwsCase>,
}

/// One token and how it has to be judged.
#[derive(Debug, Deserialize)]
pub struct JwsCase {
    /// What is special about it.
    pub name: String,
    /// The text that a caller presents.
    pub token: String,
    /// When it is judged, in Unix seconds.
    pub now: i64,
    /// Whether it has to be accepted.
    pub accept: bool,
}

#[derive(Deserialize)]
struct LegacyPasswordHashes {
    cases: Vec<LegacyPasswordHash>,
}

/// Returns hashes of the platform's older format, made by the reference implementation in C.
#[must_use]
pub fn legacy_password_hashes() -> Vec<LegacyPasswordHash> {
    let text = include_str!("../vectors/legacy_password_hashes.json");
    serde_json::from_str::<LegacyPasswordHashes>(text).unwrap().cases
}

/// Returns the tokens, with the key, issuer and audience that they are judged by.
#[must_use]
pub fn jws() -> JwsVectors {
    serde_json::from_str(include_str!("../vectors/jws_cases.json")).unwrap()
}
