//! Test vectors: inputs and expected outcomes from other implementations.

use serde::Deserialize;

/// A hash of the legacy service, and its password.
#[derive(Debug, Deserialize)]
pub struct LegacyPasswordHash {
    /// The password.
    pub password: String,
    /// The stored text, `base64(salt):base64(hash)`.
    pub stored: String,
}

/// Access tokens to verify, with the settings of the verifier.
#[derive(Debug, Deserialize)]
pub struct JwsVectors {
    /// The key to configure, as UTF-8.
    pub key: String,
    /// The issuer to configure.
    pub issuer: String,
    /// The audience to configure.
    pub audience: String,
    /// The tokens.
    pub cases: Vec<JwsCase>,
}

/// A token and its expected outcome.
#[derive(Debug, Deserialize)]
pub struct JwsCase {
    /// The property of the token that the case tests.
    pub name: String,
    /// The presented text.
    pub token: String,
    /// The time of the verification, in Unix seconds.
    pub now: i64,
    /// Whether the token must be accepted.
    pub accept: bool,
}

/// A hash of another program, and its password.
#[derive(Debug, Deserialize)]
pub struct OtherPasswordHash {
    /// The value of `PASSWORD__FORMATS` that accepts it.
    pub format: String,
    /// The program.
    pub made_by: String,
    /// The password.
    pub password: String,
    /// The stored text.
    pub stored: String,
}

#[derive(Deserialize)]
struct OtherPasswordHashes {
    cases: Vec<OtherPasswordHash>,
}

#[derive(Deserialize)]
struct LegacyPasswordHashes {
    cases: Vec<LegacyPasswordHash>,
}

/// Returns hashes of the legacy service, made by the reference implementation in C.
#[must_use]
pub fn legacy_password_hashes() -> Vec<LegacyPasswordHash> {
    let text = include_str!("../vectors/legacy_password_hashes.json");
    serde_json::from_str::<LegacyPasswordHashes>(text).unwrap().cases
}

/// Returns hashes of bcrypt, PBKDF2 and scrypt, made by implementations in C and Python.
#[must_use]
pub fn other_password_hashes() -> Vec<OtherPasswordHash> {
    let text = include_str!("../vectors/other_password_hashes.json");
    serde_json::from_str::<OtherPasswordHashes>(text).unwrap().cases
}

/// Returns the access tokens, with the key, issuer and audience to verify them with.
#[must_use]
pub fn jws() -> JwsVectors {
    serde_json::from_str(include_str!("../vectors/jws_cases.json")).unwrap()
}
