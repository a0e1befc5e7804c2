//! Check first, commit last: an error before the rotation does not consume the token.

use mockall::Sequence;

use super::*;
use crate::mocks::{self, MockAccessTokens, MockEntropy};
use crate::model::AccessToken;

// S-55
#[tokio::test]
async fn a_text_that_is_not_a_token_calls_no_store() {
    let mut setup = setup(None);
    setup.users = MockUserRepository::new();
    let rejected = setup.run_with(None, None).await;
    assert!(matches!(
        rejected,
        Err(RefreshError::InvalidRefreshToken { rejection: RefreshRejection::Malformed, session: None })
    ));
}

#[tokio::test]
async fn the_user_is_read_and_the_token_signed_before_the_rotation_commits() {
    let mut order = Sequence::new();
    let (mut setup, mut access_tokens) = (setup(None), MockAccessTokens::new());
    setup.users = MockUserRepository::new();
    let signed = || Ok(AccessToken::new("signed".to_owned()));
    let found = || Ok(Some(user()));
    setup.users.expect_find_by_id().times(1).in_sequence(&mut order).returning(move |_, _| found());
    access_tokens.expect_issue().times(1).in_sequence(&mut order).returning(move |_| signed());
    let rotates = setup.sessions.expect_rotate();
    rotates.times(1).in_sequence(&mut order).returning(|_, _| Ok(Rotation::Rotated));
    setup.issuer = issuer(access_tokens);
    assert_eq!(setup.run().await.unwrap().kind, RefreshKind::Rotated);
}

#[tokio::test]
async fn an_error_of_the_lookup_does_not_consume_the_token() {
    let mut setup = setup(None);
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_id().return_once(|_, _| Err(port_error(PortErrorKind::Unavailable)));
    assert_eq!(setup.port_error().await, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn an_error_of_the_signature_does_not_consume_the_token() {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_issue().return_once(|_| Err(port_error(PortErrorKind::Misconfigured)));
    let setup = Setup { issuer: issuer(access_tokens), ..setup(Some(user())) };
    assert_eq!(setup.port_error().await, PortErrorKind::Misconfigured);
}

#[tokio::test]
async fn an_error_of_the_randomness_does_not_consume_the_token() {
    // For the successor, the id of the access token, and the nonce of the seal.
    for fills in 0..3 {
        let (mut entropy, mut left) = (MockEntropy::new(), fills);
        entropy.expect_fill().times(fills + 1).returning(move |_| {
            let dry = left == 0;
            left = left.saturating_sub(1);
            if dry { Err(port_error(PortErrorKind::Unavailable)) } else { Ok(()) }
        });
        let issuer = Issuer {
            access_tokens: Arc::new(signing_access_tokens()),
            entropy: Arc::new(entropy),
            policy: mocks::session_policy(),
        };
        let setup = Setup { issuer: Arc::new(issuer), ..setup(Some(user())) };
        let failed = setup.run_with(Some(presented().into()), Some(idempotency_key("k1"))).await;
        assert!(matches!(failed, Err(RefreshError::Port(_))));
    }
}

#[tokio::test]
async fn a_rotation_with_an_unknown_outcome_is_an_error() {
    let mut setup = setup(Some(user()));
    setup.sessions.expect_rotate().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Unanswered)));
    assert_eq!(setup.port_error().await, PortErrorKind::Unanswered);
}
