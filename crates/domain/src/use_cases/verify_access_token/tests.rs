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

/// Access tokens that expect the presented token and the time of the request, and return `result`.
fn verifying(result: Result<AccessClaims, InvalidAccessToken>) -> MockAccessTokens {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens
        .expect_verify()
        .withf(|token, now| token == "presented" && *now == NOW)
        .times(1)
        .return_once(|_, _| result);
    access_tokens
}

/// A denylist that expects one call for the token, and returns `listed`.
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
async fn a_valid_token_returns_its_claims() {
    assert_eq!(verify(verifying(Ok(claims())), denylist(Ok(false))).await.unwrap(), claims());
}

#[tokio::test]
async fn an_invalid_token_is_rejected_without_the_denylist() {
    let never_asked = MockDenylist::new();
    match verify(verifying(Err(InvalidAccessToken::Expired)), never_asked).await {
        Err(VerifyAccessTokenError::Invalid(reason)) => assert_eq!(reason, InvalidAccessToken::Expired),
        other => panic!("{other:?}"),
    }
}

// S-59
#[tokio::test]
async fn a_revoked_token_is_rejected() {
    let result = verify(verifying(Ok(claims())), denylist(Ok(true))).await;
    assert!(matches!(result, Err(VerifyAccessTokenError::Revoked)));
}

// S-66
#[tokio::test]
async fn an_error_of_the_denylist_is_never_a_valid_token() {
    let away = denylist(Err(PortError::unavailable("unreachable")));
    match verify(verifying(Ok(claims())), away).await {
        Err(VerifyAccessTokenError::Port(error)) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
        other => panic!("{other:?}"),
    }
}
