//! Legacy refresh tokens.

use super::*;
use crate::model::{LegacyHolder, LegacyRefreshToken, TenantId};

fn legacy_token() -> PresentedRefreshToken {
    PresentedRefreshToken::Legacy(LegacyRefreshToken::parse(&"A".repeat(43)).unwrap())
}

/// A store that finds the token with a holder of this tenant.
fn known(tenant_id: TenantId) -> MockLegacyRefreshTokens {
    let mut legacy = MockLegacyRefreshTokens::new();
    let holder = LegacyHolder { user_id: user_id(), tenant_id };
    legacy
        .expect_find()
        .withf(|_, at| *at == request_time())
        .times(1)
        .return_once(move |_, _| Ok(Some(holder)));
    legacy
}

/// A session is opened, and the consumption of the token returns `consumed`.
fn exchanging(consumed: Result<bool, PortError>) -> Setup {
    let (mut setup, mut legacy) = (setup(Some(user())), known(tenant_id()));
    let mut order = mockall::Sequence::new();
    setup.sessions.expect_open().times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    legacy
        .expect_consume()
        .withf(|_, holder, at| *holder == user_id() && *at == request_time())
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _, _| consumed);
    setup.legacy = Some(legacy);
    setup
}

fn ending_the_session(mut setup: Setup) -> Setup {
    setup
        .sessions
        .expect_end()
        .withf(|end, _| end.session.user_id == user_id() && end.reason == EndReason::Revoked)
        .times(1)
        .return_once(|_, _| Ok(Ending::Ended));
    setup
}

async fn exchanged(setup: Setup) -> Result<Refreshed, RefreshError> {
    setup.run_with(Some(legacy_token()), None).await
}

fn assert_unknown(result: Result<Refreshed, RefreshError>) {
    match result {
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
            assert_eq!((rejection, session), (RefreshRejection::Unknown, None));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_legacy_token_is_exchanged_for_a_new_session() {
    let refreshed = exchanged(exchanging(Ok(true))).await.unwrap();
    assert_eq!(refreshed.tokens.user_id, user_id());
    assert_eq!(refreshed.tokens.refresh_token.session().user_id, user_id());
    assert_eq!(refreshed.kind, RefreshKind::Rotated);
}

#[tokio::test]
async fn a_legacy_token_consumed_meanwhile_ends_the_new_session() {
    assert_unknown(exchanged(ending_the_session(exchanging(Ok(false)))).await);
}

#[tokio::test]
async fn an_error_of_the_consumption_returns_no_tokens() {
    let setup = ending_the_session(exchanging(Err(PortError::unavailable("unreachable"))));
    assert!(matches!(exchanged(setup).await, Err(RefreshError::Port(_))));
}

#[tokio::test]
async fn a_legacy_token_is_not_consumed_for_a_user_who_may_not_continue() {
    let mut moved = setup(Some(user()));
    moved.legacy = Some(known(other_tenant_id()));
    assert_unknown(exchanged(moved).await);
    for user in [None, Some(inactive_user())] {
        let mut setup = setup(user);
        setup.legacy = Some(known(tenant_id()));
        assert_unknown(exchanged(setup).await);
    }
}

#[tokio::test]
async fn a_legacy_token_is_unknown_without_a_legacy_service() {
    assert_unknown(exchanged(setup(None)).await);
    let mut unknown = setup(None);
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy.expect_find().times(1).return_once(|_, _| Ok(None));
    unknown.legacy = Some(legacy);
    assert_unknown(exchanged(unknown).await);
}

#[tokio::test]
async fn an_outage_during_the_lookup_of_a_legacy_token_is_an_error() {
    let mut away = setup(None);
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy.expect_find().times(1).return_once(|_, _| Err(PortError::unavailable("unreachable")));
    away.legacy = Some(legacy);
    let failed = exchanged(away).await;
    assert!(matches!(failed, Err(RefreshError::Port(error)) if error.kind() == PortErrorKind::Unavailable));
}
