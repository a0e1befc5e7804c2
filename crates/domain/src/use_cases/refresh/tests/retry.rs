//! Retries: the same token and the same key get the same refresh token.

use super::*;

/// The sealed successor of an earlier call with `key`, and the successor.
fn sealed_by_an_earlier_call(key: &str) -> (Rotation, RefreshToken) {
    let (presented, successor) = refresh_tokens();
    let key = RetryKey::derive(&presented, &idempotency_key(key));
    (Rotation::Retried(key.seal(&successor, *b"random nonce")), successor)
}

#[tokio::test]
async fn the_same_key_gets_the_same_refresh_token() {
    let (retried, successor) = sealed_by_an_earlier_call("k1");
    let (setup, seen) = rotating(retried);
    let again = setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await.unwrap();
    assert!(again.retried);
    assert_eq!(again.tokens.refresh_token, successor);
    assert_ne!(seen.only().successor, successor.digest(), "the store got another one");
    assert_eq!(again.tokens.token_id, seen.only().access_token.id);
    assert_eq!(again.tokens.session_id, successor.session().session_id);
}

// S-46
#[tokio::test]
async fn the_successor_is_sealed_under_the_key_of_the_call() {
    let (setup, seen) = rotating(Rotation::Rotated);
    let first = setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await.unwrap();
    assert!(!first.retried);
    let sealed = seen.only().retry.unwrap();
    let open = |key| RetryKey::derive(&presented(), &idempotency_key(key)).open(&sealed);
    assert_eq!(open("k1"), Some(first.tokens.refresh_token));
    assert_eq!(open("k2"), None);
}

#[tokio::test]
async fn a_call_without_a_key_cannot_be_retried() {
    let (setup, seen) = rotating(Rotation::Rotated);
    setup.run().await.unwrap();
    assert_eq!(seen.only().retry, None);
}

#[tokio::test]
async fn a_sealed_successor_that_cannot_be_opened_is_corrupt() {
    for key in [Some(idempotency_key("k2")), None] {
        let (setup, _) = rotating(sealed_by_an_earlier_call("k1").0);
        match setup.run_with(Some(presented().into()), key).await {
            Err(RefreshError::Port(error)) => assert_eq!(error.kind(), PortErrorKind::Corrupt),
            other => panic!("{other:?}"),
        }
    }
}
