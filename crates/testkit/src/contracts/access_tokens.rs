//! The contract of `AccessTokens`.

#![expect(clippy::unused_async, reason = "the cases of every port are run, and awaited, in one way")]

use std::time::Duration;

use auth_domain::model::{AccessClaims, AccessToken, Role, TokenId};
use auth_domain::ports::{AccessTokens, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::{AccessTokensFixture, TestEntropy, a_session, a_tenant_id, a_user_id, an_email, vectors};

/// When the tokens of these cases are issued. Claims have whole seconds.
const ISSUED: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);
const TTL: Duration = Duration::from_mins(15);
const SECOND: Duration = Duration::from_secs(1);
/// A leeway of at most five seconds lets nothing pass that is six seconds off.
const BEYOND_LEEWAY: Duration = Duration::from_secs(6);

/// Who presents a token is who it was issued to, in every field.
pub async fn issued_token_verifies_to_its_claims(fixture: &AccessTokensFixture) {
    for role in Role::ALL {
        let claims = AccessClaims { role, ..claims(ISSUED) };
        let token = issue(&*fixture.tokens, &claims);
        for now in [ISSUED, ISSUED + TTL - SECOND] {
            assert_eq!(fixture.tokens.verify(token.expose(), now), Ok(claims.clone()));
        }
    }
}

/// Other services of the platform read these names and types, and no others.
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

/// Every token that a verifier may meet is accepted or rejected as its vector says.
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
    assert!(wrong.is_empty(), "{} vectors are judged wrongly: {wrong:#?}", wrong.len());
}

/// A token lives between its `iat` and its `exp` on the clock of the caller, not on that of the machine.
pub async fn expiry_is_judged_by_the_time_passed_in(fixture: &AccessTokensFixture) {
    for issued_at in [ISSUED, datetime!(2011-01-05 09:00 UTC), datetime!(2071-01-05 09:00 UTC)] {
        let claims = claims(issued_at);
        let token = issue(&*fixture.tokens, &claims);
        let judged = |now| fixture.tokens.verify(token.expose(), now);
        assert_eq!(judged(issued_at), Ok(claims.clone()));
        assert_eq!(judged(claims.expires_at - SECOND), Ok(claims.clone()));
        for now in [issued_at - BEYOND_LEEWAY, claims.expires_at + BEYOND_LEEWAY, claims.expires_at + TTL] {
            assert!(judged(now).is_err(), "issued at {issued_at}, accepted at {now}");
        }
    }
}

/// What another key signed is not ours.
pub async fn other_key_is_rejected(fixture: &AccessTokensFixture) {
    let ours = issue(&*fixture.tokens, &claims(ISSUED));
    let theirs = issue(&*fixture.other_key, &claims(ISSUED));
    assert!(fixture.tokens.verify(theirs.expose(), ISSUED).is_err());
    assert!(fixture.other_key.verify(ours.expose(), ISSUED).is_err());
    assert!(fixture.other_key.verify(theirs.expose(), ISSUED).is_ok());
}

/// After a change of keys the old tokens stay valid, and new ones are signed with the new key.
pub async fn previous_key_verifies(fixture: &AccessTokensFixture) {
    let claims = claims(ISSUED);
    let before = issue(&*fixture.tokens, &claims);
    let after = issue(&*fixture.rotated, &claims);
    for token in [&before, &after] {
        assert_eq!(fixture.rotated.verify(token.expose(), ISSUED), Ok(claims.clone()));
    }
    assert!(fixture.tokens.verify(after.expose(), ISSUED).is_err(), "signed with the previous key");
    let theirs = issue(&*fixture.other_key, &claims);
    assert!(fixture.rotated.verify(theirs.expose(), ISSUED).is_err());
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
