//! One sequence of calls, on a store and on the model.

use auth_domain::model::{
    Rotation, SessionRecord, SessionRef, TokenId, UserId, session_rules, to_unix_microseconds,
};
use auth_domain::ports::PortError;
use futures_util::FutureExt;
use time::OffsetDateTime;

use super::call_fault::CallFault;
use super::session_calls::SessionCall;
use super::session_model::{SessionAnswer, SessionModel, SessionRequest};
use super::session_player::SessionPlayer;
use super::sessions::SessionSubject;

/// Longer than any sequence takes by the clock of the store.
const OWN_CLOCK_TOLERANCE: time::Duration = time::Duration::minutes(1);

/// The state of a sequence.
pub(super) struct Comparison<'a> {
    subject: &'a dyn SessionSubject,
    player: SessionPlayer,
    pub(super) model: SessionModel,
    now: OffsetDateTime,
    latest: OffsetDateTime,
    number: usize,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(subject: &'a dyn SessionSubject) -> Self {
        let (player, model, now) = (SessionPlayer::new(), SessionModel::default(), subject.start());
        Self { subject, player, model, now, latest: now, number: 0 }
    }

    /// Makes a call, and compares its outcome and what it stored.
    pub(super) async fn step(&mut self, call: &SessionCall) -> Result<(), String> {
        self.now += call.after;
        self.latest = self.latest.max(self.now);
        self.number += 1;
        let (subject, now) = (self.subject, self.now);
        let Some(mut request) = self.player.request(&call.operation, now) else { return Ok(()) };
        if let SessionRequest::Rotate(rotate) = &mut request {
            rotate.releases_oldest &= subject.releases_oldest();
        }
        if let Some(token) = self.player.released_token(&request) {
            self.model.deny(token);
            subject.denylist().add(token, subject.request_time(now)).await.map_err(store_error)?;
        }
        let executed = call.fault.executed(request.clone());
        let mut expected = self.apply(&executed[0]);
        for request in &executed[1..] {
            expected = self.apply(request);
        }
        let actual = answer(subject, call.fault, &request, &executed, now).await.map_err(store_error)?;
        if actual != expected {
            return Err(self.error(call.fault, &request, &actual, &expected));
        }
        if let SessionAnswer::Rotation(rotation) = &expected {
            self.player.record_outcome(&request, rotation);
        }
        self.compare_stored(call.fault, &request).await
    }

    /// Applies a call to the model. The model takes the store's result for rotations that a failover may have lost.
    fn apply(&mut self, request: &SessionRequest) -> SessionAnswer {
        let before = match request {
            SessionRequest::Rotate(rotate) => self.model.record(rotate.presented.session).cloned(),
            _ => None,
        };
        let mut answer = self.model.apply(request, self.now);
        if let (
            SessionAnswer::Rotation(Rotation::ReuseDetected { rotation_may_be_lost, .. }),
            SessionRequest::Rotate(rotate),
            Some(before),
        ) = (&mut answer, request, before)
        {
            let went_back_at = self.subject.went_back_at(rotate.presented.session.user_id);
            let went_back_at = went_back_at.map(to_unix_microseconds);
            let is_predecessor = before.previous == Some(rotate.presented.value);
            *rotation_may_be_lost =
                session_rules::rotation_may_be_lost(is_predecessor, before.rotated_at, went_back_at);
        }
        answer
    }

    async fn compare_stored(&self, fault: CallFault, request: &SessionRequest) -> Result<(), String> {
        for session in touched(&self.player, request) {
            let expected = self.model.user_minute(session.user_id);
            let actual = self.subject.user_minute(session.user_id).await;
            if actual != expected {
                return Err(self.error(fault, request, &actual, &expected));
            }
            let expected = self.model.record(session).cloned().map(by_expiry);
            let actual = self.subject.record(session).await.map(by_expiry);
            if actual != expected {
                return Err(self.error(fault, request, &actual, &expected));
            }
        }
        Ok(())
    }

    fn error(
        &self,
        fault: CallFault,
        request: &SessionRequest,
        actual: &impl std::fmt::Debug,
        expected: &impl std::fmt::Debug,
    ) -> String {
        let Self { number, now, .. } = self;
        format!(
            "call {number} at {now}, {fault:?}: {request:?}\nleads to {actual:#?}\ninstead of {expected:#?}"
        )
    }

    /// Compares the denylists for every access token of the sequence.
    pub(super) async fn compare_denylist(&self) -> Result<(), String> {
        for token in self.player.issued() {
            if self.is_perhaps_deleted(token.id) {
                continue;
            }
            let expected = self.model.denylisted_until(token.id).is_some();
            if self.is_denylisted(token.id).await? != expected {
                return Err(format!("at {}: {token:?} is in only one of the denylists", self.now));
            }
        }
        Ok(())
    }

    async fn is_denylisted(&self, token: TokenId) -> Result<bool, String> {
        let request_time = self.subject.request_time(self.now);
        self.subject.denylist().contains(token, request_time).await.map_err(store_error)
    }

    /// A store that deletes entries by its own clock may still have it, or may have deleted it a little early: its clock runs during
    /// the sequence, and does not go back with it.
    fn is_perhaps_deleted(&self, token: TokenId) -> bool {
        self.model.denylisted_until(token).is_some_and(|until| until <= self.latest + OWN_CLOCK_TOLERANCE)
    }

    /// The states from which a failover may choose are those from now on.
    pub(super) fn all_is_replicated(&mut self) {
        self.model.forget_history();
    }

    /// Gives the model the state of the store after a failover, which must be one that the store had since all was replicated.
    /// Returns the number of sessions that went back.
    pub(super) async fn go_back(&mut self) -> Result<usize, String> {
        let mut went_back = 0;
        for session in self.player.all_sessions().collect::<Vec<_>>() {
            let actual = self.subject.record(session).await.map(by_expiry);
            let expected = self.model.record(session).cloned().map(by_expiry);
            let states: Vec<_> = self.model.states(session).into_iter().map(|it| it.map(by_expiry)).collect();
            if !states.contains(&actual) {
                return Err(format!("{session:?} went back to {actual:#?}\nwhich is none of {states:#?}"));
            }
            went_back += usize::from(actual != expected);
            let user: UserId = session.user_id;
            self.model.restore(session, actual, self.subject.user_minute(user).await);
        }
        for token in self.player.issued() {
            if !self.is_perhaps_deleted(token.id) && !self.is_denylisted(token.id).await? {
                self.model.forget_denied(token.id)?;
            }
        }
        Ok(went_back)
    }
}

/// A record with its access tokens by expiry and id: a store keeps them in an order of its own.
fn by_expiry(mut record: SessionRecord) -> SessionRecord {
    record.live_tokens.sort_by_key(|token| (token.expires_at, token.id));
    record
}

/// Makes the calls; returns the last answer.
async fn answer(
    subject: &dyn SessionSubject,
    fault: CallFault,
    request: &SessionRequest,
    executed: &[SessionRequest],
    now: OffsetDateTime,
) -> Result<SessionAnswer, PortError> {
    if fault == CallFault::AnswerLost
        && subject.loses_answers()
        && !matches!(request, SessionRequest::List(_))
    {
        return subject.lose_answer(call(subject, request, now).boxed()).await;
    }
    let mut last = Err(PortError::unavailable("no call was made"));
    for request in executed {
        last = Ok(call(subject, request, now).await?);
    }
    last
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
