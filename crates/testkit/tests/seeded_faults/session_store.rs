//! An in-memory session store: the rules of the domain, with seeded faults.

mod fault;
mod limits;
mod perturbed;

pub(crate) use fault::Fault;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::session_rules::{self, Change, Decision};
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RefreshMinute, RequestTime, Rotate, Rotation, SessionRecord,
    SessionRef, SessionState, SessionSummary, UserId, from_unix_microseconds,
};
use auth_domain::ports::{PortError, SessionStore};
use auth_testkit::{DENYLIST_MARGIN, SessionFixture};
use time::OffsetDateTime;

use crate::denylist::InMemoryDenylist;
use perturbed::rotate;

#[derive(Clone)]
struct Stored {
    record: SessionRecord,
    /// The used tokens, which only a store without session ids in its tokens would need.
    used: Vec<[u8; 32]>,
}

type Sessions = HashMap<SessionRef, Stored>;

struct InMemorySessionStore {
    sessions: Mutex<Sessions>,
    user_minutes: Mutex<HashMap<UserId, RefreshMinute>>,
    denylist: Arc<InMemoryDenylist>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> SessionFixture {
    let denylist = Arc::new(InMemoryDenylist::new(None));
    let store = InMemorySessionStore {
        sessions: Mutex::default(),
        user_minutes: Mutex::default(),
        denylist: Arc::clone(&denylist) as _,
        fault,
    };
    SessionFixture { sessions: Arc::new(store), denylist, keep: Box::new(()) }
}

impl InMemorySessionStore {
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap()
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.has(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }

    /// Stores a change; without its denylist entries if `forgets` is set.
    fn store(&self, sessions: &mut Sessions, session: SessionRef, change: Option<Change>, forgets: bool) {
        let (Some(change), Some(stored)) = (change, sessions.get_mut(&session)) else { return };
        if !forgets {
            change.denylist.into_iter().for_each(|token| self.denylist.store(token));
        }
        if stored.record.current != change.record.current {
            stored.used.push(stored.record.current);
        }
        stored.record = change.record.denylisted();
    }

    /// Returns the last minute with refreshes of a user.
    fn user_minute(&self, request: &Rotate) -> Option<RefreshMinute> {
        let minutes = self.user_minutes.lock().unwrap();
        match self.fault {
            Some(Fault::UserLimitPerSession) => None,
            Some(Fault::UserLimitForAllUsers) => {
                minutes.values().copied().max_by_key(|minute| minute.refreshes)
            }
            _ => minutes.get(&request.presented.session.user_id).copied(),
        }
    }

    fn rotate_in(
        &self,
        sessions: &mut Sessions,
        minute: Option<RefreshMinute>,
        request: &Rotate,
        now: OffsetDateTime,
    ) -> Rotation {
        let mut session = request.presented.session;
        if self.has(Fault::UserNotChecked) {
            let same_id = |known: &&SessionRef| known.session_id == session.session_id;
            session = sessions.keys().find(same_id).copied().unwrap_or(session);
        }
        let Decision { outcome, change } = rotate(self.fault, sessions.get(&session), minute, request, now);
        let is_reuse = matches!(outcome, Rotation::ReuseDetected { .. });
        let forgets = self.has(Fault::ReuseDoesNotDenylist) && is_reuse;
        if let Some(minute) = change.as_ref().and_then(|change| change.user_minute) {
            self.user_minutes.lock().unwrap().insert(session.user_id, minute);
        }
        self.store(sessions, session, change, forgets);
        outcome
    }

    /// Returns the live sessions of the user, in the order of the rules; with `ended_too`, the ended and expired ones as well.
    fn live(
        &self,
        sessions: &Sessions,
        user_id: UserId,
        now: OffsetDateTime,
        ended_too: bool,
    ) -> Vec<SessionSummary> {
        let is_listed = |record: &SessionRecord| ended_too || record.state == SessionState::Live;
        let of_user = sessions.iter().filter(|(session, _)| session.user_id == user_id);
        let summaries = of_user
            .filter(|(_, stored)| is_listed(&stored.record) || self.has(Fault::EndedSessionsAreListed))
            .map(|(session, stored)| summary(*session, &stored.record))
            .collect();
        let expired_too = ended_too || self.has(Fault::ExpiredSessionsAreListed);
        session_rules::live(summaries, if expired_too { OffsetDateTime::UNIX_EPOCH } else { now })
    }

    /// Ends the sessions that exceed the limit when the new session is opened.
    fn make_room(&self, sessions: &mut Sessions, session: &NewSession, now: OffsetDateTime) {
        let opened = session.refresh_token.session;
        let mut live = self.live(sessions, opened.user_id, now, self.has(Fault::EndedSessionsTakeRoom));
        if self.has(Fault::LatestSessionEnds) {
            live.reverse();
        }
        let max = if self.has(Fault::SessionLimitIgnored) { u32::MAX } else { session.max_sessions };
        for surplus in session_rules::surplus(&live, max) {
            let session = SessionRef { session_id: surplus.session_id, ..opened };
            let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
            let record = sessions.get(&session).map(|stored| &stored.record);
            let change = session_rules::end(record, &end, now, DENYLIST_MARGIN).change;
            self.store(sessions, session, change, self.has(Fault::SurplusSessionDoesNotDenylist));
        }
    }
}

#[async_trait]
impl SessionStore for InMemorySessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let (mut sessions, now) = (self.lock(), request_time.now());
        let opened = session.refresh_token.session;
        let existing = sessions.get(&opened).map(|stored| &stored.record);
        let is_new = |record: &&SessionRecord| match self.fault {
            Some(Fault::RepeatedOpenStartsAgain) => record.end_reason().is_some(),
            Some(Fault::RepeatedOpenRevivesTheSession) => record.end_reason().is_none(),
            _ => true,
        };
        let record = session_rules::open(existing.filter(is_new), session, now);
        if record.is_some() || self.has(Fault::RepeatedOpenMakesRoom) {
            self.make_room(&mut sessions, session, now);
        }
        if let Some(record) = record {
            sessions.insert(opened, Stored { record, used: Vec::new() });
        }
        Ok(())
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        self.in_time(request_time)?;
        let minute = self.user_minute(rotate);
        if self.has(Fault::NonAtomicUserLimit) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Ok(self.rotate_in(&mut self.lock(), minute, rotate, request_time.now()));
        }
        if !self.has(Fault::NonAtomicRotate) {
            let mut sessions = self.lock();
            let minute = self.user_minute(rotate);
            return Ok(self.rotate_in(&mut sessions, minute, rotate, request_time.now()));
        }
        let mut read = self.lock().clone();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rotation = self.rotate_in(&mut read, minute, rotate, request_time.now());
        self.lock().extend(read.remove_entry(&rotate.presented.session));
        Ok(rotation)
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        self.in_time(request_time)?;
        let before = self.lock().get(&end.session).cloned();
        if self.has(Fault::NonAtomicEnd) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (mut end, mut sessions) = (end.clone(), self.lock());
        let mut read =
            if self.has(Fault::NonAtomicEnd) { before } else { sessions.get(&end.session).cloned() };
        match (self.fault, &mut read) {
            (Some(Fault::EndingUnknownRevokes), None) => {
                end.also_revoke.into_iter().for_each(|token| self.denylist.store(token));
            }
            (Some(Fault::EndNotRepeatable), Some(stored)) if stored.record.end_reason().is_some() => {
                return Ok(Ending::Unknown);
            }
            (Some(Fault::FirstReasonOverwritten), Some(stored)) => stored.record.state = SessionState::Live,
            (Some(Fault::EndSkipsAlsoRevoke), _) => end.also_revoke = None,
            _ => {}
        }
        let record = read.as_ref().map(|stored| &stored.record);
        let decision = session_rules::end(record, &end, request_time.now(), DENYLIST_MARGIN);
        let forgets = self.has(Fault::EndDoesNotDenylist);
        self.store(&mut sessions, end.session, decision.change, forgets);
        Ok(decision.outcome)
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.in_time(request_time)?;
        let mut sessions = self.lock();
        let mut read = sessions.clone();
        read.retain(|session, _| session.user_id == user_id || self.has(Fault::EndAllEndsEveryUser));
        let records = read.iter().map(|(session, stored)| (*session, &stored.record));
        let (alive, changes) = session_rules::end_all(records, reason, request_time.now(), DENYLIST_MARGIN);
        for (session, change) in changes {
            self.store(&mut sessions, session, Some(change), self.has(Fault::EndAllDoesNotDenylist));
        }
        Ok(if self.has(Fault::EndAllCountsEndedSessions) { read.len() } else { alive })
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        self.in_time(request_time)?;
        let mut live = self.live(&self.lock(), user_id, request_time.now(), false);
        if self.has(Fault::ListStartsWithTheOldest) {
            live.reverse();
        }
        Ok(live)
    }
}

fn summary(session: SessionRef, record: &SessionRecord) -> SessionSummary {
    let time = |microseconds| from_unix_microseconds(microseconds).unwrap();
    SessionSummary {
        session_id: session.session_id,
        created_at: time(record.created_at),
        rotated_at: time(record.rotated_at),
        expires_at: time(record.expires_at),
    }
}
