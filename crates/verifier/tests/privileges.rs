//! The privileges of the Redis user of a verifier, as in the README.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use actix_web::test::TestRequest;
use auth_adapter_jwt::JwtAccessTokens;
use auth_domain::model::Role;
use auth_domain::ports::{AccessTokens, Clock};
use auth_testkit::servers::RedisServer;
use auth_testkit::{an_access_token, claims_of, holds_within};
use auth_verifier::{
    AuthError, JwtConfig, SigningKey, SystemClock, TokenVerifier, Verification, VerifierConfig,
};

const README: &str = include_str!("../README.md");
const KEY: &str = "a key of this test: 0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";

fn key() -> SigningKey {
    SigningKey::new(KEY.to_owned()).unwrap()
}

/// Starts a server with this user and the privileges of the first `lines` commands of the README. Returns the URL of the
/// user.
fn server(lines: usize) -> (RedisServer, String) {
    let server = RedisServer::start();
    for rules in README.split("ACL SETUSER verifier ").skip(1).take(lines) {
        let rules = rules.split("```").next().unwrap().replace("PASSWORD", "sesame").replace('\'', "");
        let words: Vec<_> =
            ["ACL", "SETUSER", "verifier"].into_iter().chain(rules.split_whitespace()).collect();
        assert_eq!(server.cli(&words), "OK");
    }
    let url = server.url().replace("redis://", "redis://verifier:sesame@");
    (server, url)
}

/// Returns the output of a command of this user.
fn output_of(server: &RedisServer, words: &[&str]) -> String {
    let output =
        server.client().args(["--user", "verifier", "--pass", "sesame"]).args(words).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A request with a token, and the name of the token's denylist entry.
fn request() -> (TestRequest, String) {
    let live = an_access_token(SystemClock.now());
    let claims = claims_of(live, Role::Owner);
    let token = JwtAccessTokens::new(JwtConfig::new(key())).unwrap().issue(&claims).unwrap();
    let request = TestRequest::get().insert_header(("authorization", format!("Bearer {}", token.expose())));
    (request, format!("auth:jwt:revoked:{}", live.id))
}

// S-87
#[actix_web::test]
async fn the_privileges_of_the_readme_suffice_for_strict() {
    let (server, url) = server(1);
    let strict = TokenVerifier::connect(VerifierConfig::new(key(), url)).unwrap();
    let (request, entry) = request();
    let request = request.to_http_request();
    assert!(strict.verify(&request).await.is_ok());
    assert_eq!(server.cli(&["SET", &entry, "1", "EX", "900"]), "OK");
    assert_eq!(strict.verify(&request).await.unwrap_err(), AuthError::InvalidToken { presented: true });
}

// S-87
#[actix_web::test]
async fn the_privileges_of_the_readme_suffice_for_cached() {
    let (server, url) = server(2);
    let mut config = VerifierConfig::new(key(), url);
    config.verification = Verification::Cached;
    let (cached, metrics) = TokenVerifier::connect_with_metrics(config).unwrap();
    let metrics = metrics.unwrap();
    let is_trusted = || async { metrics.state().is_trusted };
    assert!(holds_within(Duration::from_secs(5), is_trusted).await, "the cache is not current");

    let (request, entry) = request();
    let request = request.to_http_request();
    assert!(cached.verify(&request).await.is_ok());
    assert_eq!(server.cli(&["SET", &entry, "1", "EX", "900"]), "OK");
    let revoked = AuthError::InvalidToken { presented: true };
    let is_rejected = || async { cached.verify(&request).await.is_err() };
    assert!(holds_within(Duration::from_secs(2), is_rejected).await);
    assert_eq!(cached.verify(&request).await.unwrap_err(), revoked);
}

// S-87
#[test]
fn the_user_of_a_verifier_cannot_revoke_or_see_a_session() {
    for lines in [1, 2] {
        let (server, _) = server(lines);
        for words in [
            ["SET", "auth:jwt:revoked:x", "1"].as_slice(),
            &["DEL", "auth:jwt:revoked:x"],
            &["GET", "auth:refresh:x"],
            &["EXISTS", "auth:session:x"],
            &["KEYS", "*"],
        ] {
            let output = output_of(&server, words);
            assert!(output.contains("NOPERM"), "{words:?}: {output}");
        }
    }
}

/// Key patterns do not limit `SCAN`, as the README warns.
#[test]
fn only_the_user_for_cached_can_list_the_names_of_keys() {
    for (lines, is_listed) in [(1, false), (2, true)] {
        let (server, _) = server(lines);
        assert_eq!(server.cli(&["SET", "auth:refresh:in-the-clear", "x"]), "OK");
        assert_eq!(output_of(&server, &["SCAN", "0"]).contains("in-the-clear"), is_listed);
        let tracking = output_of(&server, &["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "auth:refresh:"]);
        assert_eq!(tracking.contains("NOPERM"), !is_listed, "{tracking}");
    }
}
