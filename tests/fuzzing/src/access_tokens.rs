//! Access tokens.

use std::sync::LazyLock;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_domain::ports::AccessTokens;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// The key of the vectors, whose tokens are seeds.
const KEY: &str = "vector-key-0123456789abcdef-0123456789abcdef";
/// The time of the verification, in Unix seconds, as in most vectors.
const NOW: i64 = 1_783_693_921;
const BLOCK: usize = 64;
/// The largest accepted token.
const MAX_BYTES: usize = 4096;

static TOKENS: LazyLock<JwtAccessTokens> = LazyLock::new(|| {
    let key = SigningKey::allow_guessable(KEY.to_owned()).expect("a key");
    JwtAccessTokens::new(JwtConfig::new(key)).expect("a valid configuration")
});

/// An accepted token is canonical and has the algorithm, the claims and the signature of this service.
///
/// An input with a zero byte is a header and a payload, which are signed here; any other input is a token.
pub(crate) fn access_token(input: &[u8]) {
    match input.iter().position(|byte| *byte == 0) {
        Some(end) => {
            let (header, payload) = input.split_at(end);
            let payload = payload.get(1..).unwrap_or_default();
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
            let signature = URL_SAFE_NO_PAD.encode(hmac(KEY.as_bytes(), signed.as_bytes()));
            expect_sound(&format!("{signed}.{signature}"));
        }
        None => {
            if let Ok(token) = str::from_utf8(input) {
                expect_sound(token);
            }
        }
    }
}

fn expect_sound(token: &str) {
    let now = OffsetDateTime::from_unix_timestamp(NOW).expect("a time");
    let Ok(claims) = TOKENS.verify(token, now) else { return };
    assert!(token.len() <= MAX_BYTES);
    let parts: Vec<&str> = token.split('.').collect();
    let decoded: Vec<Vec<u8>> =
        parts.iter().map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
    let [header, payload, signature] = decoded.as_slice() else { panic!("not three parts: {token}") };
    let (signed, _) = token.rsplit_once('.').expect("a signature");
    assert_eq!(signature, &hmac(KEY.as_bytes(), signed.as_bytes()));
    for (part, bytes) in parts.iter().zip(&decoded) {
        assert_eq!(*part, URL_SAFE_NO_PAD.encode(bytes), "the one spelling");
    }
    expect_header(&serde_json::from_slice(header).expect("JSON"));
    let payload: Value = serde_json::from_slice(payload).expect("JSON");
    assert_eq!(payload.get("iss").and_then(Value::as_str), Some("hooksentry-api"));
    let audience = payload.get("aud").expect("an audience");
    assert!(audience.to_string().contains("\"hooksentry-client\""), "{audience}");
    let expiry = payload.get("exp").and_then(Value::as_f64).expect("a number");
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
    let lasted = NOW as f64 - expiry;
    assert!(lasted < 5.0, "it expired at {expiry}");
    assert!((claims.expires_at - now).whole_seconds() > -5);
    let subject = payload.get("sub").and_then(Value::as_str).expect("a subject");
    assert!(subject.eq_ignore_ascii_case(&claims.user_id.to_string()), "{subject}");
    assert_eq!(TOKENS.verify(token, now).as_ref(), Ok(&claims), "a second time");
}

fn expect_header(header: &Value) {
    assert_eq!(header.get("alg").and_then(Value::as_str), Some("HS256"));
    for name in ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "kid"] {
        assert_eq!(header.get(name), None, "{name}");
    }
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}
