//! The call of the store, and its outcomes.

use std::time::Duration;

use time::macros::datetime;

use super::*;

#[tokio::test]
async fn the_successor_is_a_new_token_of_the_same_session() {
    let (setup, seen) = rotating(Rotation::Rotated);
    let tokens = setup.run().await.unwrap().tokens;
    let rotate = seen.only();
    assert_eq!(rotate.presented, presented().digest());
    assert_eq!(rotate.successor, tokens.refresh_token.digest());
    assert_ne!(rotate.successor, rotate.presented);
    assert_eq!(rotate.successor.session, rotate.presented.session);
}

#[tokio::test]
async fn the_store_gets_tenant_lifetime_grace_period_and_access_token() {
    let (setup, seen) = rotating(Rotation::Rotated);
    let tokens = setup.run().await.unwrap().tokens;
    let rotate = seen.only();
    assert_eq!(rotate.tenant_id, tenant_id());
    assert_eq!(rotate.expires_at, datetime!(2026-07-17 14:32:05.678 UTC));
    assert_eq!(rotate.reuse_leeway, Duration::from_secs(10));
    let signed = LiveAccessToken { id: tokens.token_id, expires_at: tokens.expires_at };
    assert_eq!(rotate.access_token, signed);
    assert_eq!(rotate.rotated_from, Some(client_key()));
    assert_eq!(rotate.released, None);
}

// S-36
#[tokio::test]
async fn the_new_access_token_lives_900_seconds_from_a_whole_second() {
    let (setup, _) = rotating(Rotation::Rotated);
    let tokens = setup.run().await.unwrap().tokens;
    assert_eq!(tokens.expires_in.as_secs(), 900);
    assert_eq!(tokens.expires_at, datetime!(2026-07-10 14:47:05 UTC));
}

#[tokio::test]
async fn every_outcome_of_the_store_has_its_rejection() {
    for (rotation, rejection) in [
        (Rotation::ReuseDetected, RefreshRejection::ReuseDetected),
        (Rotation::Ended(EndReason::LoggedOut), RefreshRejection::SessionEnded(EndReason::LoggedOut)),
        (Rotation::Ended(EndReason::ReuseDetected), RefreshRejection::SessionEnded(EndReason::ReuseDetected)),
        (Rotation::Expired, RefreshRejection::Expired),
        (Rotation::Unknown, RefreshRejection::Unknown),
    ] {
        assert_eq!(rotating(rotation).0.rejection().await, rejection);
    }
}

// S-85
#[tokio::test]
async fn reuse_in_the_grace_period_compares_the_addresses() {
    let elsewhere = LimitKey::from_bytes([7; 16]);
    for (rotated_from, same_address) in
        [(Some(client_key()), Some(true)), (Some(elsewhere), Some(false)), (None, None)]
    {
        let rejection = rotating(Rotation::AlreadyUsed { rotated_from }).0.rejection().await;
        assert_eq!(rejection, RefreshRejection::AlreadyUsed { same_address });
    }
}

#[tokio::test]
async fn a_rejection_has_the_user_of_the_token() {
    let rejected = rotating(Rotation::Unknown).0.run().await.unwrap_err();
    assert_eq!(rejected.user_id(), Some(user_id()));
    let malformed = setup(None).run_with(None, None).await.unwrap_err();
    assert_eq!(malformed.user_id(), None);
}
