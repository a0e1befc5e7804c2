//! The contract of `AccessTokens`, for JSON Web Tokens.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::ready;
use std::sync::Arc;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_testkit::{AccessTokensFixture, vectors};

const OTHER_KEY: &str = "other-key-Zb4nRj9sXk2pLf7hGd0mCe3AuQ6tWv1y";
const NEW_KEY: &str = "new-key-Q6tWv1yZb4nRj9sXk2pLf7hGd0mCe3Au";

auth_testkit::access_tokens_contract!(fixture = ready(tokens()));

fn tokens() -> AccessTokensFixture {
    let vectors = vectors::jws();
    AccessTokensFixture {
        tokens: Arc::new(with_keys(&vectors.key, &[])),
        other_key: Arc::new(with_keys(OTHER_KEY, &[])),
        rotated: Arc::new(with_keys(NEW_KEY, &[&vectors.key])),
        keep: Box::new(()),
    }
}

fn with_keys(key: &str, previous: &[&str]) -> JwtAccessTokens {
    let vectors = vectors::jws();
    let config = JwtConfig {
        key: secret(key),
        previous_keys: previous.iter().map(|text| secret(text)).collect(),
        key_id: None,
        issuer: vectors.issuer,
        audience: vectors.audience,
    };
    JwtAccessTokens::new(config).unwrap()
}

fn secret(text: &str) -> SigningKey {
    SigningKey::allow_guessable(text.to_owned()).unwrap()
}
