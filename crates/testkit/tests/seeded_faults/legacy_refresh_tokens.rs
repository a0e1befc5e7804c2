//! An in-memory store of legacy refresh tokens with seeded faults.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, LegacyHolder, LegacyRefreshToken, LiveAccessToken, NewSession,
    RequestTime, Rotate, Rotation, SessionSummary, UserId,
};
use auth_domain::ports::{LegacyRefreshTokens, PortError, SessionStore};
use auth_testkit::LegacyFixture;

use crate::denylist::InMemoryDenylist;

/// A deviation from the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    FindConsumes,
    UnknownIsConsumed,
    NonAtomicConsume,
    RejectedIsFound,
    FoundBeforeIsConsumed,
    EndAllRejectsEveryUser,
    EndIgnoresTheHolder,
    EndOfUnknownTokenRevokes,
    EndKeepsTheToken,
    EndRevokesNothing,
    DeadlineIgnored,
}

struct InMemoryLegacyTokens {
    issued: Mutex<HashMap<String, LegacyHolder>>,
    /// The users whose tokens are rejected; `None` stands for every user.
    rejected: Mutex<HashSet<Option<UserId>>>,
    denylist: Arc<InMemoryDenylist>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> LegacyFixture {
    let denylist = Arc::new(InMemoryDenylist::new(None));
    let store = Arc::new(InMemoryLegacyTokens {
        issued: Mutex::default(),
        rejected: Mutex::default(),
        denylist: Arc::clone(&denylist),
        fault,
    });
    let issuing = Arc::clone(&store);
    LegacyFixture {
        issue: Box::new(move |token, holder| {
            issuing.issued.lock().unwrap().insert(token.expose().to_owned(), holder);
            Box::pin(async {})
        }),
        tokens: store.clone(),
        sessions: store,
        denylist,
        keep: Box::new(()),
    }
}

impl InMemoryLegacyTokens {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.has(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }

    fn is_rejected(&self, holder: UserId) -> bool {
        let rejected = self.rejected.lock().unwrap();
        rejected.contains(&Some(holder)) || rejected.contains(&None)
    }
}

#[async_trait]
impl LegacyRefreshTokens for InMemoryLegacyTokens {
    async fn find(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError> {
        self.in_time(request_time)?;
        let mut issued = self.issued.lock().unwrap();
        let holder = issued.get(token.expose()).copied();
        if self.has(Fault::FindConsumes) {
            issued.remove(token.expose());
        }
        Ok(holder.filter(|holder| self.has(Fault::RejectedIsFound) || !self.is_rejected(holder.user_id)))
    }

    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        self.in_time(request_time)?;
        let mut was_there = self.issued.lock().unwrap().contains_key(token.expose());
        if self.has(Fault::NonAtomicConsume) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.issued.lock().unwrap().remove(token.expose());
        } else {
            was_there = self.issued.lock().unwrap().remove(token.expose()).is_some();
        }
        let rejected = self.is_rejected(holder) && !self.has(Fault::FoundBeforeIsConsumed);
        Ok((was_there || self.has(Fault::UnknownIsConsumed)) && !rejected)
    }

    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError> {
        self.in_time(request_time)?;
        let mut issued = self.issued.lock().unwrap();
        let known = issued.get(token.expose()).copied();
        let is_own =
            known.is_some_and(|known| known.user_id == holder || self.has(Fault::EndIgnoresTheHolder));
        if (is_own && !self.has(Fault::EndRevokesNothing)) || self.has(Fault::EndOfUnknownTokenRevokes) {
            self.denylist.store(also_revoke);
        }
        if !is_own {
            return Ok(Ending::Unknown);
        }
        if !self.has(Fault::EndKeepsTheToken) {
            issued.remove(token.expose());
        }
        Ok(Ending::Ended)
    }
}

/// The suite only calls `end_all`, which rejects the legacy tokens of the user.
#[async_trait]
impl SessionStore for InMemoryLegacyTokens {
    async fn open(&self, _: &NewSession, _: RequestTime) -> Result<(), PortError> {
        unreachable!("the suite does not call `open`")
    }

    async fn rotate(&self, _: &Rotate, _: RequestTime) -> Result<Rotation, PortError> {
        unreachable!("the suite does not call `rotate`")
    }

    async fn end(&self, _: &EndSession, _: RequestTime) -> Result<Ending, PortError> {
        unreachable!("the suite does not call `end`")
    }

    async fn end_all(
        &self,
        user_id: UserId,
        _: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        crate::in_time(request_time)?;
        let user = if self.has(Fault::EndAllRejectsEveryUser) { None } else { Some(user_id) };
        self.rejected.lock().unwrap().insert(user);
        Ok(0)
    }

    async fn list(&self, _: UserId, _: RequestTime) -> Result<Vec<SessionSummary>, PortError> {
        unreachable!("the suite does not call `list`")
    }
}
