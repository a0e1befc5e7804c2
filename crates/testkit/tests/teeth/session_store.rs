//! A session store in memory.

mod fault;
mod record;
mod rotating;

pub(crate) use fault::Fault;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionRef, SessionSummary,
    UserId,
};
use auth_domain::ports::{PortError, SessionStore};
use auth_testkit::SessionFixture;
use time::OffsetDateTime;

use crate::denylist::InMemoryDenylist;
use record::Record;

type Sessions = HashMap<SessionRef, Record>;

struct InMemorySessionStore {
    sessions: Mutex<Sessions>,
    denylist: Arc<InMemoryDenylist>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "fixtures are futures")]
pub(crate) async fn fixture(fault: Option<Fault>) -> SessionFixture {
    let denylist = Arc::new(InMemoryDenylist::new(None));
    let store =
        InMemorySessionStore { sessions: Mutex::default(), denylist: Arc::clone(&denylist) as _, fault };
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

    /// Ends a session and revokes what is alive of it; an ended one keeps its reason.
    fn end_record(&self, record: &mut Record, reason: EndReason, silent: bool) {
        if record.ended.is_none() || self.has(Fault::FirstReasonOverwritten) {
            record.ended = Some(reason);
        }
        if !silent {
            record.live.iter().for_each(|token| self.denylist.remember(*token));
        }
    }

    /// Makes room for one more session of this user.
    fn make_room(&self, sessions: &mut Sessions, session: &NewSession, now: OffsetDateTime) {
        let user_id = session.refresh_token.session.user_id;
        let mut mine: Vec<_> = sessions
            .values_mut()
            .filter(|record| record.session.user_id == user_id)
            .filter(|record| record.is_alive(now) || self.has(Fault::DeadSessionsTakeRoom))
            .collect();
        mine.sort_by_key(|record| record.rotated_at);
        if self.has(Fault::LatestSessionEnds) {
            mine.reverse();
        }
        let room =
            if self.has(Fault::SessionLimitIgnored) { usize::MAX } else { session.max_sessions as usize };
        let surplus = (mine.len() + 1).saturating_sub(room);
        for record in mine.into_iter().take(surplus) {
            self.end_record(record, EndReason::Revoked, self.has(Fault::SurplusSessionDoesNotDenylist));
        }
    }
}

#[async_trait]
impl SessionStore for InMemorySessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let mut sessions = self.lock();
        self.make_room(&mut sessions, session, request_time.now());
        sessions.insert(session.refresh_token.session, Record::open(session, request_time.now()));
        Ok(())
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        self.in_time(request_time)?;
        if !self.has(Fault::NonAtomicRotate) {
            return Ok(self.rotate_in(&mut self.lock(), rotate, request_time.now()));
        }
        let mut read = self.lock().clone();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rotation = self.rotate_in(&mut read, rotate, request_time.now());
        self.lock().extend(read.remove_entry(&rotate.presented.session));
        Ok(rotation)
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        self.in_time(request_time)?;
        let read = self.lock().get(&end.session).cloned();
        if self.has(Fault::NonAtomicEnd) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut sessions = self.lock();
        let known = sessions.get_mut(&end.session);
        let also_revoke = end.also_revoke.filter(|_| !self.has(Fault::EndSkipsAlsoRevoke));
        if let Some(token) = also_revoke
            && (known.is_some() || self.has(Fault::EndingUnknownRevokes))
        {
            self.denylist.remember(token);
        }
        let Some(record) = known else { return Ok(Ending::Unknown) };
        if record.ended.is_some() && self.has(Fault::EndNotRepeatable) {
            return Ok(Ending::Unknown);
        }
        if let (Some(read), true) = (read, self.has(Fault::NonAtomicEnd)) {
            *record = read;
        }
        self.end_record(record, end.reason, self.has(Fault::EndDoesNotDenylist));
        Ok(Ending::Ended)
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.in_time(request_time)?;
        let mut sessions = self.lock();
        let mut ended = 0;
        for record in sessions.values_mut() {
            let mine = record.session.user_id == user_id || self.has(Fault::EndAllEndsEverybodys);
            if mine && (record.is_alive(request_time.now()) || self.has(Fault::EndAllCountsDeadOnes)) {
                self.end_record(record, reason, self.has(Fault::EndAllDoesNotDenylist));
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        self.in_time(request_time)?;
        let sessions = self.lock();
        let mut mine: Vec<_> = sessions
            .values()
            .filter(|record| record.session.user_id == user_id)
            .filter(|record| match self.fault {
                Some(Fault::ListNamesEndedOnes) => !record.is_over(request_time.now()),
                Some(Fault::ListNamesExpiredOnes) => record.ended.is_none(),
                _ => record.is_alive(request_time.now()),
            })
            .map(Record::summary)
            .collect();
        mine.sort_by_key(|summary| summary.rotated_at);
        if !self.has(Fault::ListStartsWithTheOldest) {
            mine.reverse();
        }
        Ok(mine)
    }
}
