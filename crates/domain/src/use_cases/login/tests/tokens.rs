//! The tokens of a login, and what is stored of them.

use time::macros::datetime;

use super::*;
use crate::mocks::MockAccessTokens;
use crate::model::{AccessClaims, AccessToken, NewSession};

/// The tokens of a login, the stored session, and the signed claims.
async fn log_in() -> (TokenPair, NewSession, AccessClaims) {
    let (opened, signed) = (Seen::new(), Seen::new());
    let mut setup = setup();

    let mut access_tokens = MockAccessTokens::new();
    let noted = signed.clone();
    access_tokens.expect_issue().times(1).returning(move |claims| {
        noted.note(claims.clone());
        Ok(AccessToken::new("signed".to_owned()))
    });
    setup.issuer = issuer(access_tokens);

    setup.sessions = MockSessionStore::new();
    let noted = opened.clone();
    setup.sessions.expect_open().withf(|_, at| *at == request_time()).times(1).returning(
        move |session, _| {
            noted.note(session.clone());
            Ok(())
        },
    );

    let tokens = setup.run().await.unwrap().tokens;
    (tokens, opened.only(), signed.only())
}

// S-46
#[tokio::test]
async fn the_store_gets_only_the_digest_of_the_refresh_token() {
    let (tokens, opened, _) = log_in().await;
    assert_eq!(opened.refresh_token, tokens.refresh_token.digest());
}

// S-53
#[tokio::test]
async fn a_session_ends_after_seven_idle_days_or_ninety_days() {
    let (_, opened, _) = log_in().await;
    assert_eq!(opened.expires_at, datetime!(2026-07-17 14:32:05.678 UTC));
    assert_eq!(opened.ends_at, datetime!(2026-10-08 14:32:05.678 UTC));
    assert_eq!(opened.max_sessions, 1_000);
}

#[tokio::test]
async fn the_session_has_the_user_the_tenant_and_the_access_token() {
    let (tokens, opened, claims) = log_in().await;
    assert_eq!(opened.refresh_token.session.user_id, user_id());
    assert_eq!(opened.tenant_id, tenant_id());
    assert_eq!(opened.access_token, claims.live());
    assert_eq!(opened.refresh_token.session, tokens.refresh_token.session());
}

#[tokio::test]
async fn the_claims_are_those_of_the_user_and_the_session() {
    let (tokens, _, claims) = log_in().await;
    let User { id, tenant_id, email, role, .. } = user();
    assert_eq!((claims.user_id, claims.tenant_id, claims.email, claims.role), (id, tenant_id, email, role));
    assert_eq!(claims.session_id, Some(tokens.session_id));
}

// S-36
#[tokio::test]
async fn the_access_token_lives_900_seconds_from_a_whole_second() {
    let (_, _, claims) = log_in().await;
    assert_eq!(claims.issued_at, Some(datetime!(2026-07-10 14:32:05 UTC)));
    assert_eq!(claims.expires_at, datetime!(2026-07-10 14:47:05 UTC));
}

#[tokio::test]
async fn the_token_pair_agrees_with_the_claims() {
    let (tokens, _, claims) = log_in().await;
    assert_eq!(tokens.access_token.expose(), "signed");
    assert_eq!(tokens.expires_in.as_secs(), 900);
    assert_eq!(tokens.expires_at, claims.expires_at);
    assert_eq!((tokens.user_id, tokens.token_id), (claims.user_id, claims.token_id));
    assert_eq!(Some(tokens.session_id), claims.session_id);
    assert_eq!(tokens.session_id, tokens.refresh_token.session().session_id);
}

#[tokio::test]
async fn a_token_that_cannot_be_signed_opens_no_session() {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_issue().return_once(|_| Err(port_error(PortErrorKind::Misconfigured)));
    let mut setup = Setup { issuer: issuer(access_tokens), sessions: MockSessionStore::new(), ..setup() };
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().return_once(|_, _| Ok(Some(user())));
    assert_eq!(setup.port_error().await, PortErrorKind::Misconfigured);
}
