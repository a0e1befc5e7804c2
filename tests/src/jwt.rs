//! JSON Web Tokens, encoded and decoded without a library, so that invalid ones can be made too.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock::unix_now;

const BLOCK: usize = 64;

/// Returns the header and the claims of a token without verification.
pub fn read(token: &str) -> (Value, Value) {
    let parts: Vec<_> =
        token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
    assert_eq!(parts.len(), 3, "three parts");
    let part = |index: usize| serde_json::from_slice(&parts[index]).expect("JSON");
    (part(0), part(1))
}

/// Returns the claims of a token without verification.
pub fn claims(token: &str) -> Value {
    read(token).1
}

/// Returns claims that the service accepts.
pub fn good_claims() -> Value {
    json!({
        "sub": "9c858901-8a57-4791-81fe-4c455b099bc9",
        "jti": "7f4c2a9e-3b1d-4e5f-8a6b-0c1d2e3f4a5b",
        "email": "someone@example.com",
        "tenant_id": "16fd2706-8baf-433b-82eb-8c7fada847da",
        "role": "Developer",
        "exp": unix_now() + 600,
        "iss": "hooksentry-api",
        "aud": "hooksentry-client",
    })
}

/// Returns valid claims with one change.
pub fn good_claims_but(claim: &str, value: Value) -> Value {
    let mut claims = good_claims();
    claims[claim] = value;
    claims
}

/// Signs a token with HMAC-SHA256, whatever its header says.
pub fn sign(header: &Value, claims: &Value, key: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac(key, text.as_bytes()));
    format!("{text}.{signature}")
}

/// Signs claims as the platform does: HS256, no key id.
pub fn sign_hs256(claims: &Value, key: &[u8]) -> String {
    sign(&json!({ "alg": "HS256", "typ": "JWT" }), claims, key)
}

/// Returns whether the signature of an HS256 token is that of `key`.
pub fn is_signed_by(token: &str, key: &[u8]) -> bool {
    let (text, signature) = token.rsplit_once('.').expect("a signature");
    URL_SAFE_NO_PAD.encode(hmac(key, text.as_bytes())) == signature
}

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; BLOCK];
    let short = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..short.len()].copy_from_slice(&short);
    let pad = |byte: u8| block.map(|part| part ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515 appendix A.1, in its own spelling.
    #[test]
    fn the_example_of_the_standard_is_signed_alike() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0\
                    dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = hmac(&URL_SAFE_NO_PAD.decode(key).unwrap(), text.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }
}
