//! A verifier whose denylist is behind Sentinel, or on a cluster.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use actix_web::test::TestRequest;
use auth_adapter_jwt::JwtAccessTokens;
use auth_domain::model::Role;
use auth_domain::ports::{AccessTokens, Clock};
use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet};
use auth_testkit::{an_access_token, claims_of, holds_within};
use auth_verifier::{
    AuthError, ConnectError, JwtConfig, SigningKey, SystemClock, TokenVerifier, Verification, VerifierConfig,
};

fn key() -> SigningKey {
    SigningKey::new("a key of this test: 0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp".to_owned()).unwrap()
}

fn config(url: String, verification: Verification) -> VerifierConfig {
    VerifierConfig { verification, ..VerifierConfig::new(key(), url) }
}

/// A verifier accepts a token until it is revoked on the server of its entry.
async fn assert_revocations_have_an_effect<'a>(
    config: VerifierConfig,
    server_of: impl Fn(&str) -> &'a RedisServer,
) {
    let live = an_access_token(SystemClock.now());
    let access_tokens = JwtAccessTokens::new(JwtConfig::new(key())).unwrap();
    let token = access_tokens.issue(&claims_of(live, Role::Owner)).unwrap();
    let verifier = TokenVerifier::connect(config).unwrap();
    let request = TestRequest::get().insert_header(("authorization", format!("Bearer {}", token.expose())));
    let request = request.to_http_request();
    assert!(verifier.verify(&request).await.is_ok());
    let entry = format!("auth:jwt:revoked:{}", live.id);
    assert_eq!(server_of(&entry).cli(&["SET", &entry, "1", "EX", "900"]), "OK");
    let is_rejected = || async { verifier.verify(&request).await.is_err() };
    assert!(holds_within(Duration::from_secs(2), is_rejected).await);
    assert_eq!(verifier.verify(&request).await.unwrap_err(), AuthError::InvalidToken { presented: true });
}

// S-59
#[actix_web::test]
async fn a_verifier_reads_the_denylist_behind_sentinel() {
    let set = SentinelSet::shared();
    for verification in [Verification::Strict, Verification::Cached] {
        assert_revocations_have_an_effect(config(set.url(), verification), |_| set.primary()).await;
    }
}

// S-59
#[actix_web::test]
async fn a_verifier_reads_the_denylist_of_a_cluster() {
    let cluster = RedisCluster::shared();
    for _ in 0..16 {
        let config = config(cluster.url(), Verification::Strict);
        assert_revocations_have_an_effect(config, |entry| cluster.primary_of(entry)).await;
    }
    let cached = TokenVerifier::connect(config(cluster.url(), Verification::Cached));
    assert!(matches!(cached, Err(ConnectError::CachedCluster)));
}
