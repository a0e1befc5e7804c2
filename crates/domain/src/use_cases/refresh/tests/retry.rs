//! Retries and shared successors: the same token gets the same refresh token.

use super::*;
use crate::mocks::session_policy;

fn retry_key(key: Option<&str>) -> RetryKey {
    RetryKey::derive(presented().expose_bytes(), key.map(idempotency_key).as_ref())
}

/// The sealed successor of an earlier call, and the successor.
fn sealed_by_an_earlier_call(key: Option<&str>) -> (SealedSuccessor, RefreshToken) {
    let (_, successor) = refresh_tokens();
    (retry_key(key).seal(&successor, *b"random nonce"), successor)
}

fn sharing(mut setup: Setup) -> Setup {
    let policy = SessionPolicy { concurrent_refresh: ConcurrentRefresh::Share, ..session_policy() };
    setup.issuer = Arc::new(Issuer {
        access_tokens: Arc::new(signing_access_tokens()),
        entropy: Arc::new(counting_entropy()),
        policy,
    });
    setup
}

#[tokio::test]
async fn the_same_key_gets_the_same_refresh_token() {
    let (sealed, successor) = sealed_by_an_earlier_call(Some("k1"));
    let (setup, seen) = rotating(Rotation::Retried(sealed));
    let again = setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await.unwrap();
    assert_eq!(again.kind, RefreshKind::Retried);
    assert_eq!(again.tokens.refresh_token, successor);
    assert_ne!(seen.only().successor, successor.digest(), "the store got another one");
    assert_eq!(again.tokens.token_id, seen.only().access_token.id);
    assert_eq!(again.tokens.session_id, successor.session().session_id);
}

#[tokio::test]
async fn a_shared_successor_is_the_one_of_the_earlier_call() {
    let elsewhere = LimitKey::from_bytes([7; 16]);
    for (rotated_from, same_address) in
        [(Some(client_key()), Some(true)), (Some(elsewhere), Some(false)), (None, None)]
    {
        for key in [None, Some("k1")] {
            let (sealed, successor) = sealed_by_an_earlier_call(key);
            let (setup, seen) = rotating(Rotation::Shared { sealed, rotated_from });
            let again = sharing(setup).run().await.unwrap();
            assert_eq!(again.kind, RefreshKind::Shared { same_address });
            assert_eq!(again.tokens.refresh_token, successor);
            assert_eq!(again.tokens.token_id, seen.only().access_token.id);
        }
    }
}

// S-46
#[tokio::test]
async fn the_successor_is_sealed_under_the_presented_token() {
    let (setup, seen) = rotating(Rotation::Rotated);
    let first = setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await.unwrap();
    assert_eq!(first.kind, RefreshKind::Rotated);
    let sealed = seen.only().retry.unwrap();
    assert_eq!(sealed.tag, retry_key(Some("k1")).tag());
    assert_eq!(retry_key(None).open(&sealed), Some(first.tokens.refresh_token.clone()));
    let other = RetryKey::derive(first.tokens.refresh_token.expose_bytes(), None);
    assert_eq!(other.open(&sealed), None);
}

#[tokio::test]
async fn a_call_without_a_key_is_sealed_only_for_sharing() {
    let (setup, seen) = rotating(Rotation::Rotated);
    setup.run().await.unwrap();
    assert_eq!(seen.only().retry, None);

    let (setup, seen) = rotating(Rotation::Rotated);
    let tokens = sharing(setup).run().await.unwrap().tokens;
    let rotate = seen.only();
    assert_eq!(rotate.concurrent_refresh, ConcurrentRefresh::Share);
    let sealed = rotate.retry.unwrap();
    assert_eq!(sealed.tag, None);
    assert_eq!(retry_key(None).open(&sealed), Some(tokens.refresh_token));
}

#[tokio::test]
async fn a_sealed_successor_that_cannot_be_opened_is_corrupt() {
    let foreign = RetryKey::derive(b"another token", None).seal(&refresh_tokens().1, *b"random nonce");
    let (setup, _) = rotating(Rotation::Retried(foreign));
    match setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await {
        Err(RefreshError::Port(error)) => assert_eq!(error.kind(), PortErrorKind::Corrupt),
        other => panic!("{other:?}"),
    }
}

/// The release before sealed it under the idempotency key as well.
#[tokio::test]
async fn a_shared_successor_of_the_release_before_is_already_used() {
    let sealed = RetryKey::derive(b"another key", None).seal(&refresh_tokens().1, *b"random nonce");
    let (setup, _) = rotating(Rotation::Shared { sealed, rotated_from: Some(client_key()) });
    let rejection = sharing(setup).rejection().await;
    assert_eq!(rejection, RefreshRejection::AlreadyUsed { same_address: Some(true) });
}
