//! The least that the Redis user of a guard may do, as the README gives it.
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

/// A server with that user, after so many lines of the README, and the address for him.
fn server(lines: usize) -> (RedisServer, String) {
    let server = RedisServer::start();
    for rules in README.split("ACL SETUSER guard ").skip(1).take(lines) {
        let rules = rules.split("```").next().unwrap().replace("PASSWORD", "sesame").replace('\'', "");
        let words: Vec<_> = ["ACL", "SETUSER", "guard"].into_iter().chain(rules.split_whitespace()).collect();
        assert_eq!(server.cli(&words), "OK");
    }
    let url = server.url().replace("redis://", "redis://guard:sesame@");
    (server, url)
}

/// What he is told.
fn says(server: &RedisServer, words: &[&str]) -> String {
    let output = server.client().args(["--user", "guard", "--pass", "sesame"]).args(words).output().unwrap();
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
async fn the_least_rights_of_the_readme_are_enough_to_ask() {
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
async fn the_least_rights_of_the_readme_are_enough_to_follow() {
    let (server, url) = server(2);
    let mut config = VerifierConfig::new(key(), url);
    config.verification = Verification::Cached;
    let (cached, watch) = TokenVerifier::connect_watched(config).unwrap();
    let watch = watch.unwrap();
    let is_current = || async { watch.state().is_current };
    assert!(holds_within(Duration::from_secs(5), is_current).await, "it does not follow");

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
fn the_user_of_a_verifier_may_revoke_nothing_and_see_no_session() {
    for lines in [1, 2] {
        let (server, _) = server(lines);
        for words in [
            ["SET", "auth:jwt:revoked:x", "1"].as_slice(),
            &["DEL", "auth:jwt:revoked:x"],
            &["GET", "auth:refresh:x"],
            &["EXISTS", "auth:session:x"],
            &["KEYS", "*"],
        ] {
            let told = says(&server, words);
            assert!(told.contains("NOPERM"), "{words:?}: {told}");
        }
    }
}

/// The README warns of it: key patterns do not limit `SCAN`.
#[test]
fn only_the_user_of_one_who_follows_learns_the_names_of_keys() {
    for (lines, is_told) in [(1, false), (2, true)] {
        let (server, _) = server(lines);
        assert_eq!(server.cli(&["SET", "auth:refresh:in-the-clear", "x"]), "OK");
        assert_eq!(says(&server, &["SCAN", "0"]).contains("in-the-clear"), is_told);
        let tracking = says(&server, &["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "auth:refresh:"]);
        assert_eq!(tracking.contains("NOPERM"), !is_told, "{tracking}");
    }
}
