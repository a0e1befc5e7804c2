//! An in-memory store of legacy refresh tokens with seeded faults.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, LegacyClaim, LegacyHolder, LegacyRefreshToken, LiveAccessToken,
    NewSession, RequestTime, Rotate, Rotation, SessionId, SessionRef, SessionSummary, UserId,
};
use auth_domain::ports::{LegacyRefreshTokens, PortError, SessionStore};
use auth_testkit::LegacyFixture;

use crate::denylist::InMemoryDenylist;

/// A deviation from the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    FindConsumes,
    UnknownIsConsumed,
    EveryClaimIsOwn,
    RepeatedClaimIsOther,
    DeadClaimIsKept,
    AnyoneReleases,
    ReleaseDoesNothing,
    NoSuccessor,
    SuccessorOfALiveToken,
    WaitsForNothing,
    WaitsUntilTheDeadline,
    WaitsForever,
    RejectedIsClaimed,
    NonAtomicConsume,
    RejectedIsFound,
    FoundBeforeIsConsumed,
    EndAllRejectsEveryUser,
    EndIgnoresTheHolder,
    EndOfUnknownTokenRevokes,
    EndKeepsTheToken,
    EndRevokesNothing,
    EndNotRepeatable,
    RepeatedEndIgnoresTheHolder,
    DeadlineIgnored,
}

#[derive(Clone, Copy)]
struct Claimed {
    session: SessionRef,
    at: Instant,
    replaced: Option<SessionId>,
}

struct InMemoryLegacyTokens {
    issued: Mutex<HashMap<String, LegacyHolder>>,
    /// The holders of tokens that were consumed or ended.
    former: Mutex<HashMap<String, LegacyHolder>>,
    claims: Mutex<HashMap<String, Claimed>>,
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
        former: Mutex::default(),
        claims: Mutex::default(),
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

    #[expect(clippy::disallowed_methods, reason = "claims grow old in real time")]
    async fn claim(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        dead_after: Duration,
        request_time: RequestTime,
    ) -> Result<LegacyClaim, PortError> {
        self.in_time(request_time)?;
        if self.is_rejected(session.user_id) && !self.has(Fault::RejectedIsClaimed) {
            return Ok(LegacyClaim::Rejected);
        }
        let mut claims = self.claims.lock().unwrap();
        let mut replaced = None;
        if let Some(claimed) = claims.get(token.expose()).filter(|_| !self.has(Fault::EveryClaimIsOwn)) {
            if claimed.session == session && !self.has(Fault::RepeatedClaimIsOther) {
                return Ok(LegacyClaim::Own { replaced: claimed.replaced });
            }
            if claimed.at.elapsed() < dead_after || self.has(Fault::DeadClaimIsKept) {
                return Ok(LegacyClaim::Other(claimed.session.session_id));
            }
            replaced = Some(claimed.session.session_id);
        }
        claims.insert(token.expose().to_owned(), Claimed { session, at: Instant::now(), replaced });
        Ok(LegacyClaim::Own { replaced })
    }

    async fn release(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let is_kept = |claimed: &Claimed| claimed.session != session && !self.has(Fault::AnyoneReleases);
        let is_kept = |claimed: &Claimed| is_kept(claimed) || self.has(Fault::ReleaseDoesNothing);
        self.claims.lock().unwrap().retain(|text, claimed| text != token.expose() || is_kept(claimed));
        Ok(())
    }

    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: LegacyHolder,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        self.in_time(request_time)?;
        if self.is_rejected(holder.user_id) && !self.has(Fault::FoundBeforeIsConsumed) {
            return Ok(false);
        }
        let mut was_there = self.issued.lock().unwrap().contains_key(token.expose());
        if self.has(Fault::NonAtomicConsume) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.issued.lock().unwrap().remove(token.expose());
        } else {
            was_there = self.issued.lock().unwrap().remove(token.expose()).is_some();
        }
        if was_there {
            self.former.lock().unwrap().insert(token.expose().to_owned(), holder);
        }
        Ok(was_there || self.has(Fault::UnknownIsConsumed))
    }

    async fn successor(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<SessionRef>, PortError> {
        self.in_time(request_time)?;
        let is_consumed = self.former.lock().unwrap().contains_key(token.expose());
        let claimed = self.claims.lock().unwrap().get(token.expose()).map(|claimed| claimed.session);
        let is_returned =
            (is_consumed || self.has(Fault::SuccessorOfALiveToken)) && !self.has(Fault::NoSuccessor);
        Ok(claimed.filter(|_| is_returned))
    }

    async fn wait_until_consumed(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        self.in_time(request_time)?;
        let is_live = || self.issued.lock().unwrap().contains_key(token.expose());
        while (is_live() && !self.has(Fault::WaitsForNothing)) || self.has(Fault::WaitsUntilTheDeadline) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if crate::in_time(request_time).is_err() && !self.has(Fault::WaitsForever) {
                return Ok(false);
            }
        }
        Ok(true)
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
        let live = issued.get(token.expose()).copied();
        let mut former = self.former.lock().unwrap();
        let ended = former.get(token.expose()).filter(|_| !self.has(Fault::EndNotRepeatable));
        let is_own = live
            .is_some_and(|known| known.user_id == holder || self.has(Fault::EndIgnoresTheHolder))
            || ended
                .is_some_and(|known| known.user_id == holder || self.has(Fault::RepeatedEndIgnoresTheHolder));
        if (is_own && !self.has(Fault::EndRevokesNothing)) || self.has(Fault::EndOfUnknownTokenRevokes) {
            self.denylist.store(also_revoke);
        }
        if !is_own {
            return Ok(Ending::Unknown);
        }
        if !self.has(Fault::EndKeepsTheToken) {
            former.extend(issued.remove_entry(token.expose()));
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
