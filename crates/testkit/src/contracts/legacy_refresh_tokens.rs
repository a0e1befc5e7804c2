//! The contract of `LegacyRefreshTokens`.

use std::sync::Arc;

use auth_domain::model::{EndReason, Ending, LegacyHolder, LegacyRefreshToken, UserId};

use super::assert_unavailable;
use crate::{
    LegacyFixture, RACERS, ROUNDS, START, a_legacy_token, a_tenant_id, a_user_id, an_access_token, race,
    request_time_at, request_time_past_its_deadline,
};

/// `find` returns the holder of a token and does not consume it.
pub async fn legacy_token_returns_its_holder(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    for _ in 0..3 {
        assert_eq!(find(fixture, &token).await, Some(holder));
    }
    assert!(consume(fixture, &token, holder.user_id).await);
    assert_eq!(find(fixture, &token).await, None);
}

/// A token that was not issued has no holder and cannot be consumed.
pub async fn unknown_legacy_token_has_no_holder(fixture: &LegacyFixture) {
    issued(fixture).await;
    let unknown = a_legacy_token();
    assert_eq!(find(fixture, &unknown).await, None);
    assert!(!consume(fixture, &unknown, a_user_id()).await);
}

/// Exactly one of many concurrent `consume` calls succeeds.
pub async fn one_concurrent_consume_of_a_legacy_token_wins(fixture: &LegacyFixture) {
    for _ in 0..ROUNDS {
        let (token, holder) = issued(fixture).await;
        let consumed = race((0..RACERS).map(|_| {
            let (tokens, token) = (Arc::clone(&fixture.tokens), token.clone());
            async move { tokens.consume(&token, holder.user_id, request_time_at(START)).await.unwrap() }
        }))
        .await;
        assert_eq!(consumed.into_iter().filter(|consumed| *consumed).count(), 1);
    }
}

/// After `end_all`, which a password change or a deactivation calls, legacy tokens are rejected, too.
pub async fn ending_all_sessions_rejects_the_legacy_tokens(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (found_before, same_holder) = (a_legacy_token(), holder);
    (fixture.issue)(found_before.clone(), same_holder).await;
    assert_eq!(find(fixture, &found_before).await, Some(holder));

    fixture.sessions.end_all(holder.user_id, EndReason::Revoked, request_time_at(START)).await.unwrap();
    assert_eq!(find(fixture, &token).await, None);
    for token in [token, found_before] {
        assert!(!consume(fixture, &token, holder.user_id).await);
    }
}

/// `end_all` for one user does not affect the legacy tokens of other users.
pub async fn legacy_tokens_of_other_users_stay_valid(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    fixture.sessions.end_all(a_user_id(), EndReason::Revoked, request_time_at(START)).await.unwrap();
    assert_eq!(find(fixture, &token).await, Some(holder));
    assert!(consume(fixture, &token, holder.user_id).await);
}

/// A user cannot end the legacy token of another user.
pub async fn legacy_token_of_another_user_is_not_changed(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let access_token = an_access_token(START);
    let stranger = a_user_id();
    for token in [&token, &a_legacy_token()] {
        let ending = fixture.tokens.end(token, stranger, access_token, request_time_at(START)).await.unwrap();
        assert_eq!(ending, Ending::Unknown);
    }
    assert!(!fixture.denylist.contains(access_token.id, request_time_at(START)).await.unwrap());
    assert_eq!(find(fixture, &token).await, Some(holder));
}

/// A logout ends the legacy token and revokes the access token.
pub async fn ending_a_legacy_token_revokes_the_access_token(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let access_token = an_access_token(START);
    let ending =
        fixture.tokens.end(&token, holder.user_id, access_token, request_time_at(START)).await.unwrap();
    assert_eq!(ending, Ending::Ended);
    assert!(fixture.denylist.contains(access_token.id, request_time_at(START)).await.unwrap());
    assert_eq!(find(fixture, &token).await, None);
    assert!(!consume(fixture, &token, holder.user_id).await);
}

/// A call after its deadline fails and changes nothing.
pub async fn call_past_its_deadline_changes_nothing(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (late, access_token) = (request_time_past_its_deadline(START), an_access_token(START));
    assert_unavailable(fixture.tokens.find(&token, late).await, "find");
    assert_unavailable(fixture.tokens.consume(&token, holder.user_id, late).await, "consume");
    assert_unavailable(fixture.tokens.end(&token, holder.user_id, access_token, late).await, "end");
    assert!(!fixture.denylist.contains(access_token.id, request_time_at(START)).await.unwrap());
    assert!(consume(fixture, &token, holder.user_id).await);
}

async fn issued(fixture: &LegacyFixture) -> (LegacyRefreshToken, LegacyHolder) {
    let token = a_legacy_token();
    let holder = LegacyHolder { user_id: a_user_id(), tenant_id: a_tenant_id() };
    (fixture.issue)(token.clone(), holder).await;
    (token, holder)
}

async fn find(fixture: &LegacyFixture, token: &LegacyRefreshToken) -> Option<LegacyHolder> {
    fixture.tokens.find(token, request_time_at(START)).await.unwrap()
}

async fn consume(fixture: &LegacyFixture, token: &LegacyRefreshToken, holder: UserId) -> bool {
    fixture.tokens.consume(token, holder, request_time_at(START)).await.unwrap()
}
