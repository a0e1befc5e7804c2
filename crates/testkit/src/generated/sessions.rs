//! Comparison of a session store with the rules.

use async_trait::async_trait;
use auth_domain::model::{RefreshMinute, RequestTime, SessionRecord, SessionRef, UserId};
use auth_domain::ports::{Denylist, PortError, SessionStore};
use time::OffsetDateTime;

use super::check::check;
use super::session_calls::{SessionCall, session_calls};
use super::session_model::{SessionAnswer, SessionModel, SessionRequest};
use super::session_player::SessionPlayer;
use crate::{START, request_time_at};

/// Longer than any sequence takes by the clock of the store.
const OWN_CLOCK_TOLERANCE: time::Duration = time::Duration::minutes(1);

/// A session store to compare with the rules.
#[async_trait]
pub trait SessionSubject: Send + Sync {
    /// The store.
    fn sessions(&self) -> &dyn SessionStore;

    /// The denylist of the store, with the margin [`DENYLIST_MARGIN`](crate::DENYLIST_MARGIN).
    fn denylist(&self) -> &dyn Denylist;

    /// The stored record of a session, read without the port, with its access tokens in any order; `None` if there is none.
    async fn record(&self, session: SessionRef) -> Option<SessionRecord>;

    /// The stored minute with refreshes of a user, read without the port; `None` if there is none.
    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute>;

    /// Whether a full session releases its oldest access token in the same operation, if the call allows it.
    fn releases_oldest(&self) -> bool {
        true
    }

    /// The time of the first call of every sequence, in whole microseconds.
    fn start(&self) -> OffsetDateTime {
        START
    }

    /// The request time at `now`.
    fn request_time(&self, now: OffsetDateTime) -> RequestTime {
        request_time_at(now)
    }
}

/// Runs generated sequences on the rules and on a store.
///
/// # Panics
/// If an outcome, a record or the denylist differs.
pub async fn compare_sessions(sequences: u32, subject: &dyn SessionSubject) {
    check(sequences, session_calls(), async |calls: Vec<SessionCall>| compare(&calls, subject).await).await;
}

async fn compare(calls: &[SessionCall], subject: &dyn SessionSubject) -> Result<(), String> {
    let (mut player, mut model, mut now) = (SessionPlayer::new(), SessionModel::default(), subject.start());
    let mut latest = now;
    for (number, step) in calls.iter().enumerate() {
        now += step.after;
        latest = latest.max(now);
        let Some(mut request) = player.request(&step.operation, now) else { continue };
        if let SessionRequest::Rotate(rotate) = &mut request {
            rotate.releases_oldest &= subject.releases_oldest();
        }
        if let Some(token) = player.released_token(&request) {
            model.deny(token);
            subject.denylist().add(token, subject.request_time(now)).await.map_err(store_error)?;
        }
        let expected = model.apply(&request, now);
        let actual = call(subject, &request, now).await.map_err(store_error)?;
        if actual != expected {
            return Err(format!(
                "call {number} at {now}: {request:?}\nreturns {actual:?}\ninstead of {expected:?}"
            ));
        }
        if let SessionAnswer::Rotation(rotation) = &expected {
            player.record_outcome(&request, rotation);
        }
        for session in touched(&player, &request) {
            let (expected, actual) =
                (model.user_minute(session.user_id), subject.user_minute(session.user_id).await);
            if actual != expected {
                return Err(format!(
                    "after call {number} at {now}: {request:?}\nthe minute is {actual:?}\ninstead of {expected:?}"
                ));
            }
            let expected = model.record(session).cloned().map(by_expiry);
            let actual = subject.record(session).await.map(by_expiry);
            if actual != expected {
                return Err(format!(
                    "after call {number} at {now}: {request:?}\nthe record is {actual:#?}\ninstead of {expected:#?}"
                ));
            }
        }
    }
    compare_denylist(&player, &model, subject, [now, latest]).await
}

/// A record with its access tokens by expiry and id: a store keeps them in an order of its own.
fn by_expiry(mut record: SessionRecord) -> SessionRecord {
    record.live_tokens.sort_by_key(|token| (token.expires_at, token.id));
    record
}

async fn compare_denylist(
    player: &SessionPlayer,
    model: &SessionModel,
    subject: &dyn SessionSubject,
    [now, latest]: [OffsetDateTime; 2],
) -> Result<(), String> {
    for token in player.issued() {
        let expected = match model.denylisted_until(token.id) {
            // A store that deletes entries by its own clock may still have it, or may have deleted it a little early:
            // its clock runs during the sequence, and does not go back with it.
            Some(until) if until <= latest + OWN_CLOCK_TOLERANCE => continue,
            until => until.is_some(),
        };
        let is_denylisted = subject.denylist().contains(token.id, subject.request_time(now)).await;
        if is_denylisted.map_err(store_error)? != expected {
            return Err(format!("at {now}: {token:?} is in only one of the denylists"));
        }
    }
    Ok(())
}

async fn call(
    subject: &dyn SessionSubject,
    request: &SessionRequest,
    now: OffsetDateTime,
) -> Result<SessionAnswer, PortError> {
    let (store, request_time) = (subject.sessions(), subject.request_time(now));
    Ok(match request {
        SessionRequest::Open(session) => {
            store.open(session, request_time).await?;
            SessionAnswer::Opened
        }
        SessionRequest::Rotate(rotate) => SessionAnswer::Rotation(store.rotate(rotate, request_time).await?),
        SessionRequest::End(end) => SessionAnswer::Ending(store.end(end, request_time).await?),
        SessionRequest::EndAll(user_id, reason) => {
            SessionAnswer::EndedAll(store.end_all(*user_id, *reason, request_time).await?)
        }
        SessionRequest::List(user_id) => SessionAnswer::Sessions(store.list(*user_id, request_time).await?),
    })
}

/// Returns the sessions that a call may have changed.
fn touched(player: &SessionPlayer, request: &SessionRequest) -> Vec<SessionRef> {
    match request {
        SessionRequest::Open(session) => player.sessions(session.refresh_token.session.user_id).collect(),
        SessionRequest::Rotate(rotate) => vec![rotate.presented.session],
        SessionRequest::End(end) => vec![end.session],
        SessionRequest::EndAll(user_id, _) | SessionRequest::List(user_id) => {
            player.sessions(*user_id).collect()
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
pub(super) fn store_error(error: PortError) -> String {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    format!("the store failed: {error}: {}", cause.unwrap_or_default())
}
