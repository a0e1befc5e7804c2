use super::*;
use crate::mocks::{MockAccessTokens, MockDenylist};
use crate::model::Role;
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

fn claims() -> AccessClaims {
    AccessClaims {
        token_id: token_id(),
        user_id: user_id(),
        tenant_id: tenant_id(),
        email: email(),
        role: Role::Viewer,
        session_id: None,
        issued_at: None,
        expires_at: live_access_token().expires_at,
    }
}

/// Access tokens that judge the presented one, at the time of the request, as `verdict`.
fn judging(severity: Result<AccessClaims, InvalidAccessToken>) -> MockAccessTokens {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens
        .expect_verify()
        .withf(|token, now| token == "presented" && *now == NOW)
        .times(1)
        .return_once(|_, _| severity);
    access_tokens
}

/// A denylist that is asked about the token once, and answers `listed`.
fn denylist(listed: Result<bool, PortError>) -> MockDenylist {
    let mut denylist = MockDenylist::new();
    denylist
        .expect_contains()
        .withf(|id, at| *id == token_id() && *at == request_time())
        .times(1)
        .return_once(|_, _| listed);
    denylist
}

async fn verify(
    access_tokens: MockAccessTokens,
    denylist: MockDenylist,
) -> Result<AccessClaims, VerifyAccessTokenError> {
    let verify = VerifyAccessToken { access_tokens: Arc::new(access_tokens), denylist: Arc::new(denylist) };
    verify.run("presented", request_time()).await
}

// S-62
#[tokio::test]
async fn a_valid_token_that_was_not_revoked_says_who_it_is() {
    assert_eq!(verify(judging(Ok(claims())), denylist(Ok(false))).await.unwrap(), claims());
}

#[tokio::test]
async fn an_invalid_token_is_rejected_for_its_reason_and_the_denylist_is_not_asked() {
    let never_asked = MockDenylist::new();
    match verify(judging(Err(InvalidAccessToken::Expired)), never_asked).await {
        Err(VerifyAccessTokenError::Invalid(reason)) => assert_eq!(reason, InvalidAccessToken::Expired),
        other => panic!("{other:?}"),
    }
}

// S-59
#[tokio::test]
async fn a_revoked_token_is_rejected() {
    let severity = verify(judging(Ok(claims())), denylist(Ok(true))).await;
    assert!(matches!(severity, Err(VerifyAccessTokenError::Revoked)));
}

// S-66
#[tokio::test]
async fn a_denylist_that_cannot_be_asked_is_trouble_and_never_a_yes() {
    let away = denylist(Err(PortError::unavailable("away")));
    match verify(judging(Ok(claims())), away).await {
        Err(VerifyAccessTokenError::Port(error)) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
        other => panic!("{other:?}"),
    }
}
