//! The call of the store, and its outcomes.

use std::time::Duration;

use time::macros::datetime;

use super::*;
use crate::mocks::session_policy;
use crate::model::RefreshLimit;

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
async fn the_store_gets_tenant_lifetimes_policy_and_access_token() {
    let (setup, seen) = rotating(Rotation::Rotated);
    let tokens = setup.run().await.unwrap().tokens;
    let rotate = seen.only();
    assert_eq!(rotate.tenant_id, tenant_id());
    assert_eq!(rotate.expires_at, datetime!(2026-07-17 14:32:05.678 UTC));
    assert_eq!(rotate.reuse_leeway, Duration::from_secs(10));
    assert_eq!(rotate.concurrent_refresh, ConcurrentRefresh::Reject);
    assert_eq!(rotate.limits, session_policy().refresh_limits);
    let signed = LiveAccessToken { id: tokens.token_id, expires_at: tokens.expires_at };
    assert_eq!(rotate.access_token, signed);
    assert_eq!(rotate.rotated_from, Some(client_key()));
    assert_eq!(rotate.released, None);
    assert!(rotate.releases_oldest);
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
async fn reuse_compares_the_addresses() {
    let elsewhere = LimitKey::from_bytes([7; 16]);
    for (rotated_from, same_address) in
        [(Some(client_key()), Some(true)), (Some(elsewhere), Some(false)), (None, None)]
    {
        let rejection = rotating(Rotation::AlreadyUsed { rotated_from }).0.rejection().await;
        assert_eq!(rejection, RefreshRejection::AlreadyUsed { same_address });
        for rotation_may_be_lost in [false, true] {
            let reuse = Rotation::ReuseDetected { rotated_from, rotation_may_be_lost };
            let rejection = rotating(reuse).0.rejection().await;
            assert_eq!(rejection, RefreshRejection::ReuseDetected { same_address, rotation_may_be_lost });
        }
    }
}

// S-57
#[tokio::test]
async fn a_limit_is_an_error_with_the_session_and_the_time() {
    for limit in RefreshLimit::ALL {
        let retry_after = Duration::from_millis(12_345);
        let limited = rotating(Rotation::RateLimited { limit, retry_after }).0.run().await.unwrap_err();
        assert_eq!(limited.user_id(), Some(user_id()));
        match limited {
            RefreshError::RateLimited { limit: reached, retry_after: rest, session } => {
                assert_eq!((reached, rest, session), (limit, retry_after, presented().session()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_rejection_has_the_user_of_the_token() {
    let rejected = rotating(Rotation::Unknown).0.run().await.unwrap_err();
    assert_eq!(rejected.user_id(), Some(user_id()));
    let malformed = setup(None).run_with(None, None).await.unwrap_err();
    assert_eq!(malformed.user_id(), None);
}
