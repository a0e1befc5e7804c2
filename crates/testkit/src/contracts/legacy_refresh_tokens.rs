//! The contract of `LegacyRefreshTokens`.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::{
    EndReason, Ending, LegacyClaim, LegacyHolder, LegacyRefreshToken, LiveAccessToken, SessionRef, UserId,
};

use super::assert_unavailable;
use crate::{
    LegacyFixture, RACERS, ROUNDS, START, a_legacy_token, a_session, a_tenant_id, a_user_id, an_access_token,
    race, request_time_at, request_time_past_its_deadline,
};

const HOUR: Duration = Duration::from_hours(1);
/// The outcome of a claim that replaced no other one.
const OWN: LegacyClaim = LegacyClaim::Own { replaced: None };

/// `find` returns the holder of a token and does not consume it.
pub async fn legacy_token_returns_its_holder(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    for _ in 0..3 {
        assert_eq!(find(fixture, &token).await, Some(holder));
    }
    assert!(consume(fixture, &token, holder).await);
    assert_eq!(find(fixture, &token).await, None);
}

/// A token that was not issued has no holder and cannot be consumed.
pub async fn unknown_legacy_token_has_no_holder(fixture: &LegacyFixture) {
    issued(fixture).await;
    let unknown = a_legacy_token();
    assert_eq!(find(fixture, &unknown).await, None);
    assert!(!consume(fixture, &unknown, a_holder()).await);
    assert_eq!(successor(fixture, &unknown).await, None);
}

/// Exactly one of many concurrent claims succeeds, and all others get its session.
pub async fn one_concurrent_claim_of_a_legacy_token_wins(fixture: &LegacyFixture) {
    for _ in 0..ROUNDS {
        let (token, holder) = issued(fixture).await;
        let claims =
            race((0..RACERS).map(|_| {
                let (tokens, token, session) =
                    (Arc::clone(&fixture.tokens), token.clone(), session_of(holder));
                async move {
                    (session, tokens.claim(&token, session, HOUR, request_time_at(START)).await.unwrap())
                }
            }))
            .await;
        let own = |(_, claim): &&(SessionRef, LegacyClaim)| *claim == OWN;
        let winners: Vec<_> = claims.iter().filter(own).collect();
        assert_eq!(winners.len(), 1);
        let winner = winners[0].0;
        for (session, claim) in &claims {
            assert!(*session == winner || *claim == LegacyClaim::Other(winner.session_id), "{claim:?}");
        }
    }
}

/// The answer to a claim can be lost.
pub async fn repeated_claim_of_a_legacy_token_is_own(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (own, other) = (session_of(holder), session_of(holder));
    for _ in 0..2 {
        assert_eq!(claim(fixture, &token, own, HOUR).await, OWN);
        assert_eq!(claim(fixture, &token, other, HOUR).await, LegacyClaim::Other(own.session_id));
    }
    // The claim stays after the token is consumed.
    assert!(consume(fixture, &token, holder).await);
    assert_eq!(claim(fixture, &token, other, HOUR).await, LegacyClaim::Other(own.session_id));
}

/// The process with the claim died, and the client repeats its call.
pub async fn dead_claim_of_a_legacy_token_is_replaced(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (dead, own) = (session_of(holder), session_of(holder));
    assert_eq!(claim(fixture, &token, dead, HOUR).await, OWN);
    let replacing = LegacyClaim::Own { replaced: Some(dead.session_id) };
    assert_eq!(claim(fixture, &token, own, Duration::ZERO).await, replacing);
    assert_eq!(claim(fixture, &token, own, HOUR).await, replacing, "a repeat does not name it");
    assert_eq!(claim(fixture, &token, dead, HOUR).await, LegacyClaim::Other(own.session_id));
}

/// A call that did not consume the token releases its claim, and never the one of another call.
pub async fn only_its_session_releases_a_claim(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (own, other) = (session_of(holder), session_of(holder));
    assert_eq!(claim(fixture, &token, own, HOUR).await, OWN);
    fixture.tokens.release(&token, other, request_time_at(START)).await.unwrap();
    assert_eq!(claim(fixture, &token, other, HOUR).await, LegacyClaim::Other(own.session_id));
    fixture.tokens.release(&token, own, request_time_at(START)).await.unwrap();
    assert_eq!(claim(fixture, &token, other, HOUR).await, OWN);
}

/// A later call with the token finds the session, from the consumption on.
pub async fn consumed_legacy_token_returns_its_successor(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let session = session_of(holder);
    assert_eq!(claim(fixture, &token, session, HOUR).await, OWN);
    assert_eq!(successor(fixture, &token).await, None);
    assert!(consume(fixture, &token, holder).await);
    assert_eq!(successor(fixture, &token).await, Some(session));
    fixture.tokens.release(&token, session, request_time_at(START)).await.unwrap();
    assert_eq!(successor(fixture, &token).await, None, "the claim was released");
}

/// A concurrent call waits until the other one has consumed the token.
pub async fn waiting_ends_when_the_legacy_token_is_consumed(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (tokens, awaited) = (Arc::clone(&fixture.tokens), token.clone());
    let waiting =
        tokio::spawn(async move { tokens.wait_until_consumed(&awaited, request_time_at(START)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "the token is alive");
    assert!(consume(fixture, &token, holder).await);
    let waited = tokio::time::timeout(Duration::from_secs(2), waiting).await;
    assert!(waited.expect("it waits for a consumed token").unwrap().unwrap());
    assert!(fixture.tokens.wait_until_consumed(&token, request_time_at(START)).await.unwrap());
}

/// A wait for a call that died ends with the request.
pub async fn waiting_ends_at_the_deadline(fixture: &LegacyFixture) {
    let (token, _) = issued(fixture).await;
    let request_time = request_time_at(START).at_most(Duration::from_millis(300));
    let waiting = fixture.tokens.wait_until_consumed(&token, request_time);
    let waited = tokio::time::timeout(Duration::from_secs(2), waiting).await;
    assert!(!waited.expect("it waits longer than the request may take").unwrap());
}

/// Exactly one of many concurrent `consume` calls succeeds.
pub async fn one_concurrent_consume_of_a_legacy_token_wins(fixture: &LegacyFixture) {
    for _ in 0..ROUNDS {
        let (token, holder) = issued(fixture).await;
        let consumed = race((0..RACERS).map(|_| {
            let (tokens, token) = (Arc::clone(&fixture.tokens), token.clone());
            async move { tokens.consume(&token, holder, request_time_at(START)).await.unwrap() }
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
    let session = session_of(holder);
    assert_eq!(claim(fixture, &found_before, session, HOUR).await, OWN);

    fixture.sessions.end_all(holder.user_id, EndReason::Revoked, request_time_at(START)).await.unwrap();
    assert_eq!(find(fixture, &token).await, None);
    for token in [token, found_before] {
        assert_eq!(claim(fixture, &token, session, HOUR).await, LegacyClaim::Rejected);
        assert!(!consume(fixture, &token, holder).await);
    }
}

/// `end_all` for one user does not affect the legacy tokens of other users.
pub async fn legacy_tokens_of_other_users_stay_valid(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    fixture.sessions.end_all(a_user_id(), EndReason::Revoked, request_time_at(START)).await.unwrap();
    assert_eq!(find(fixture, &token).await, Some(holder));
    assert!(consume(fixture, &token, holder).await);
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
    assert!(!consume(fixture, &token, holder).await);
}

/// The first call may have failed after it deleted the token. The token still belongs to its holder.
pub async fn ending_a_consumed_legacy_token_revokes_the_access_token(fixture: &LegacyFixture) {
    for is_ended in [true, false] {
        let (token, holder) = issued(fixture).await;
        if is_ended {
            end(fixture, &token, holder.user_id, an_access_token(START)).await;
        } else {
            assert!(consume(fixture, &token, holder).await);
        }
        let (access_token, foreign) = (an_access_token(START), an_access_token(START));
        assert_eq!(end(fixture, &token, a_user_id(), foreign).await, Ending::Unknown);
        assert_eq!(end(fixture, &token, holder.user_id, access_token).await, Ending::Ended);
        for (token, revoked) in [(access_token, true), (foreign, false)] {
            let is_revoked = fixture.denylist.contains(token.id, request_time_at(START)).await.unwrap();
            assert_eq!(is_revoked, revoked);
        }
    }
}

/// A call after its deadline fails and changes nothing.
pub async fn call_past_its_deadline_changes_nothing(fixture: &LegacyFixture) {
    let (token, holder) = issued(fixture).await;
    let (late, access_token) = (request_time_past_its_deadline(START), an_access_token(START));
    assert_unavailable(fixture.tokens.find(&token, late).await, "find");
    let (session, other) = (session_of(holder), session_of(holder));
    assert_unavailable(fixture.tokens.claim(&token, other, HOUR, late).await, "claim");
    assert_eq!(claim(fixture, &token, session, HOUR).await, OWN);
    assert_unavailable(fixture.tokens.release(&token, session, late).await, "release");
    assert_eq!(claim(fixture, &token, other, HOUR).await, LegacyClaim::Other(session.session_id));
    assert_unavailable(fixture.tokens.consume(&token, holder, late).await, "consume");
    assert_unavailable(fixture.tokens.successor(&token, late).await, "successor");
    assert_unavailable(fixture.tokens.wait_until_consumed(&token, late).await, "wait_until_consumed");
    assert_unavailable(fixture.tokens.end(&token, holder.user_id, access_token, late).await, "end");
    assert!(!fixture.denylist.contains(access_token.id, request_time_at(START)).await.unwrap());
    assert!(consume(fixture, &token, holder).await);
}

fn a_holder() -> LegacyHolder {
    LegacyHolder { user_id: a_user_id(), tenant_id: a_tenant_id() }
}

/// A new session of the holder, which is not opened.
fn session_of(holder: LegacyHolder) -> SessionRef {
    a_session(holder.user_id, START).token.session()
}

async fn issued(fixture: &LegacyFixture) -> (LegacyRefreshToken, LegacyHolder) {
    let (token, holder) = (a_legacy_token(), a_holder());
    (fixture.issue)(token.clone(), holder).await;
    (token, holder)
}

async fn find(fixture: &LegacyFixture, token: &LegacyRefreshToken) -> Option<LegacyHolder> {
    fixture.tokens.find(token, request_time_at(START)).await.unwrap()
}

async fn claim(
    fixture: &LegacyFixture,
    token: &LegacyRefreshToken,
    session: SessionRef,
    dead_after: Duration,
) -> LegacyClaim {
    fixture.tokens.claim(token, session, dead_after, request_time_at(START)).await.unwrap()
}

async fn consume(fixture: &LegacyFixture, token: &LegacyRefreshToken, holder: LegacyHolder) -> bool {
    fixture.tokens.consume(token, holder, request_time_at(START)).await.unwrap()
}

async fn successor(fixture: &LegacyFixture, token: &LegacyRefreshToken) -> Option<SessionRef> {
    fixture.tokens.successor(token, request_time_at(START)).await.unwrap()
}

async fn end(
    fixture: &LegacyFixture,
    token: &LegacyRefreshToken,
    holder: UserId,
    access_token: LiveAccessToken,
) -> Ending {
    fixture.tokens.end(token, holder, access_token, request_time_at(START)).await.unwrap()
}
