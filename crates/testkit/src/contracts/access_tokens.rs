//! The contract of `AccessTokens`.

#![expect(clippy::unused_async, reason = "the macros await the cases of every port")]

use std::time::Duration;

use auth_domain::model::{AccessClaims, AccessToken, Role, TokenId};
use auth_domain::ports::{AccessTokens, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::{AccessTokensFixture, TestEntropy, a_session, a_tenant_id, a_user_id, an_email, vectors};

/// The time at which the tokens of these cases are issued. Claims have whole seconds.
const ISSUED: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);
const TTL: Duration = Duration::from_mins(15);
const SECOND: Duration = Duration::from_secs(1);
/// More than the permitted clock skew of five seconds.
const BEYOND_LEEWAY: Duration = Duration::from_secs(6);

/// The verified claims equal the issued claims in every field.
pub async fn issued_token_verifies_to_its_claims(fixture: &AccessTokensFixture) {
    for role in Role::ALL {
        let claims = AccessClaims { role, ..claims(ISSUED) };
        let token = issue(&*fixture.tokens, &claims);
        for now in [ISSUED, ISSUED + TTL - SECOND] {
            assert_eq!(fixture.tokens.verify(token.expose(), now), Ok(claims.clone()));
        }
    }
}

/// The other services of the HookSentry platform read these claim names and types.
pub async fn issued_token_has_the_claims_of_the_platform(fixture: &AccessTokensFixture) {
    let claims = claims(ISSUED);
    let token = issue(&*fixture.tokens, &claims);
    let parts: Vec<&str> = token.expose().split('.').collect();
    let [header, payload, _] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    assert_eq!(decoded(header), json!({ "alg": "HS256", "typ": "JWT" }));

    let vectors = vectors::jws();
    let expected = json!({
        "sub": claims.user_id.to_string(),
        "jti": claims.token_id.to_string(),
        "email": claims.email.as_str(),
        "tenant_id": claims.tenant_id.to_string(),
        "role": "Owner",
        "iat": ISSUED.unix_timestamp(),
        "exp": (ISSUED + TTL).unix_timestamp(),
        "iss": vectors.issuer,
        "aud": vectors.audience,
        "sid": claims.session_id.unwrap().to_string(),
    });
    assert_eq!(decoded(payload), expected);
}

/// Each vector names a token and whether it must be accepted.
pub async fn every_vector_has_its_expected_outcome(fixture: &AccessTokensFixture) {
    let wrong: Vec<String> = vectors::jws()
        .cases
        .into_iter()
        .filter_map(|case| {
            let now = OffsetDateTime::from_unix_timestamp(case.now).unwrap();
            let result = fixture.tokens.verify(&case.token, now);
            (result.is_ok() != case.accept).then(|| format!("{}: {result:?}", case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{} vectors have the wrong outcome: {wrong:#?}", wrong.len());
}

/// A token is valid between its `iat` and its `exp` by the time that the caller passes, not by the system clock.
pub async fn expiry_is_checked_at_the_time_passed_in(fixture: &AccessTokensFixture) {
    for issued_at in [ISSUED, datetime!(2011-01-05 09:00 UTC), datetime!(2071-01-05 09:00 UTC)] {
        let claims = claims(issued_at);
        let token = issue(&*fixture.tokens, &claims);
        let verify = |now| fixture.tokens.verify(token.expose(), now);
        assert_eq!(verify(issued_at), Ok(claims.clone()));
        assert_eq!(verify(claims.expires_at - SECOND), Ok(claims.clone()));
        for now in [issued_at - BEYOND_LEEWAY, claims.expires_at + BEYOND_LEEWAY, claims.expires_at + TTL] {
            assert!(verify(now).is_err(), "issued at {issued_at}, accepted at {now}");
        }
    }
}

/// A token that was signed with another key is rejected.
pub async fn other_key_is_rejected(fixture: &AccessTokensFixture) {
    let own = issue(&*fixture.tokens, &claims(ISSUED));
    let foreign = issue(&*fixture.other_key, &claims(ISSUED));
    assert!(fixture.tokens.verify(foreign.expose(), ISSUED).is_err());
    assert!(fixture.other_key.verify(own.expose(), ISSUED).is_err());
    assert!(fixture.other_key.verify(foreign.expose(), ISSUED).is_ok());
}

/// After a key rotation the old tokens stay valid, and new ones are signed with the new key.
pub async fn previous_key_verifies(fixture: &AccessTokensFixture) {
    let claims = claims(ISSUED);
    let before = issue(&*fixture.tokens, &claims);
    let after = issue(&*fixture.rotated, &claims);
    for token in [&before, &after] {
        assert_eq!(fixture.rotated.verify(token.expose(), ISSUED), Ok(claims.clone()));
    }
    assert!(
        fixture.tokens.verify(after.expose(), ISSUED).is_err(),
        "a new token was signed with the previous key"
    );
    let foreign = issue(&*fixture.other_key, &claims);
    assert!(fixture.rotated.verify(foreign.expose(), ISSUED).is_err());
}

fn claims(issued_at: OffsetDateTime) -> AccessClaims {
    let user_id = a_user_id();
    AccessClaims {
        token_id: TokenId::from_random_bytes(*random_bytes(&TestEntropy).unwrap()),
        user_id,
        tenant_id: a_tenant_id(),
        email: an_email(),
        role: Role::Owner,
        session_id: Some(a_session(user_id, issued_at).token.session().session_id),
        issued_at: Some(issued_at),
        expires_at: issued_at + TTL,
    }
}

fn issue(tokens: &dyn AccessTokens, claims: &AccessClaims) -> AccessToken {
    tokens.issue(claims).unwrap()
}

fn decoded(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url without padding");
    serde_json::from_slice(&bytes).expect("JSON")
}
