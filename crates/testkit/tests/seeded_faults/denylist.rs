//! An in-memory denylist with seeded faults.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId};
use auth_domain::ports::{Denylist, PortError};
use auth_testkit::{DENYLIST_MARGIN, Fixture, SESSION_POLICY};
use time::OffsetDateTime;

/// A deviation from the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    AddStoresNothing,
    AddIsSeenLater,
    EverythingIsFound,
    EntryExpiresWithItsToken,
    EntryNeverExpires,
    EntryHasTheUsualLifetime,
    SecondAddReplaces,
    FirstAddIsKept,
}

pub(crate) struct InMemoryDenylist {
    until: Arc<Mutex<HashMap<TokenId, OffsetDateTime>>>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> Fixture<dyn Denylist> {
    Fixture { port: Arc::new(InMemoryDenylist::new(fault)), keep: Box::new(()) }
}

impl InMemoryDenylist {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self { until: Arc::default(), fault }
    }

    pub(crate) fn store(&self, token: LiveAccessToken) {
        store(&self.until, token, self.fault);
    }
}

fn store(entries: &Mutex<HashMap<TokenId, OffsetDateTime>>, token: LiveAccessToken, fault: Option<Fault>) {
    let margin =
        if fault == Some(Fault::EntryExpiresWithItsToken) { Duration::ZERO } else { DENYLIST_MARGIN };
    let until = token.expires_at + margin;
    let mut entries = entries.lock().unwrap();
    let kept = entries.entry(token.id).or_insert(until);
    *kept = match fault {
        Some(Fault::SecondAddReplaces) => until,
        Some(Fault::FirstAddIsKept) => *kept,
        _ => until.max(*kept),
    };
}

#[async_trait]
impl Denylist for InMemoryDenylist {
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        crate::in_time(request_time)?;
        let until = self.until.lock().unwrap().get(&id).copied();
        Ok(match self.fault {
            Some(Fault::EverythingIsFound) => true,
            Some(Fault::EntryNeverExpires) => until.is_some(),
            _ => until.is_some_and(|until| request_time.now() < until),
        })
    }

    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        crate::in_time(request_time)?;
        match self.fault {
            Some(Fault::AddStoresNothing) => {}
            Some(Fault::AddIsSeenLater) => {
                let entries = Arc::clone(&self.until);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    store(&entries, token, None);
                });
            }
            Some(Fault::EntryHasTheUsualLifetime) => {
                let usual = request_time.now() + SESSION_POLICY.access_ttl;
                self.store(LiveAccessToken { expires_at: token.expires_at.min(usual), ..token });
            }
            _ => self.store(token),
        }
        Ok(())
    }
}
