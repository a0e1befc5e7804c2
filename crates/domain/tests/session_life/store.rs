//! The stored state, and what a failover forgets of it.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use auth_domain::model::session_rules::Change;
use auth_domain::model::{RetryTag, SessionRecord, SessionState};

use crate::calls::{Token, number};

/// The number of writes that a failover can forget.
const MAX_FORGOTTEN: usize = 2;

type Records = Vec<Option<Rc<SessionRecord>>>;

/// The session records and the denylist.
#[derive(Clone)]
pub(crate) struct Store {
    /// Whether both are on one server, which writes them in one operation. Otherwise they are on two, as in a cluster.
    pub(crate) is_one_server: bool,
    records: Records,
    /// The revoked access tokens, as bits.
    denylist: u32,
    /// The states before the last writes that a replica may not have, the newest last; empty if no failover is explored.
    records_before: Vec<(Records, u32)>,
    denylist_before: Vec<u32>,
    keeps_history: bool,
}

impl Store {
    pub(crate) fn new(is_one_server: bool, sessions: usize, keeps_history: bool) -> Self {
        Self {
            is_one_server,
            records: vec![None; sessions],
            denylist: 0,
            records_before: Vec::new(),
            denylist_before: Vec::new(),
            keeps_history,
        }
    }

    pub(crate) fn record(&self, session: u8) -> Option<&SessionRecord> {
        self.records[usize::from(session)].as_deref()
    }

    /// The sessions with a record.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (u8, &SessionRecord)> {
        let records = (0..).zip(&self.records);
        records.filter_map(|(session, record)| Some((session, record.as_deref()?)))
    }

    pub(crate) const fn is_denylisted(&self, token: Token) -> bool {
        self.denylist & (1 << token) != 0
    }

    /// Stores the changes of one operation. Returns the access tokens that are still to be denylisted, on another server.
    pub(crate) fn apply(&mut self, changes: Vec<(u8, Change)>) -> Vec<Token> {
        if changes.is_empty() {
            return Vec::new();
        }
        self.remember_records();
        let mut left = Vec::new();
        for (session, Change { record, denylist, .. }) in changes {
            if self.is_one_server {
                for token in &denylist {
                    self.denylist |= 1 << number(token);
                }
                self.set(session, record.denylisted());
            } else {
                left.extend(denylist.iter().map(number));
                self.set(session, record);
            }
        }
        left
    }

    pub(crate) fn deny(&mut self, token: Token) {
        if self.keeps_history {
            self.denylist_before.push(self.denylist);
            trim(&mut self.denylist_before);
        }
        self.denylist |= 1 << token;
    }

    /// Removes the marks of ended sessions whose access tokens were denylisted.
    pub(crate) fn complete(&mut self, sessions: &[u8]) {
        self.remember_records();
        for session in sessions {
            if let Some(record) = self.records[usize::from(*session)].clone() {
                self.set(*session, Rc::unwrap_or_clone(record).denylisted());
            }
        }
    }

    /// The numbers of last writes that a failover of each server can forget.
    pub(crate) fn forgettable(&self) -> [usize; 2] {
        [self.records_before.len(), self.denylist_before.len()]
    }

    /// Forgets so many of the last writes of the records, and of the denylist. One server forgets both together.
    pub(crate) fn fail_over(&mut self, [records, denylist]: [usize; 2]) {
        if let Some(position) = self.records_before.len().checked_sub(records)
            && let Some((before, denied)) = self.records_before.get(position)
        {
            self.records.clone_from(before);
            if self.is_one_server {
                self.denylist = *denied;
            }
        }
        if let Some(position) = self.denylist_before.len().checked_sub(denylist)
            && let Some(before) = self.denylist_before.get(position)
        {
            self.denylist = *before;
        }
        self.records_before.clear();
        self.denylist_before.clear();
    }

    fn remember_records(&mut self) {
        if self.keeps_history {
            self.records_before.push((self.records.clone(), self.denylist));
            trim(&mut self.records_before);
        }
    }

    fn set(&mut self, session: u8, record: SessionRecord) {
        self.records[usize::from(session)] = Some(Rc::new(record));
    }
}

fn trim<T>(before: &mut Vec<T>) {
    if before.len() > MAX_FORGOTTEN {
        before.remove(0);
    }
}

impl Hash for Store {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hash_records(&self.records, hasher);
        (self.denylist, &self.denylist_before, self.records_before.len()).hash(hasher);
        for (records, denylist) in &self.records_before {
            hash_records(records, hasher);
            denylist.hash(hasher);
        }
    }
}

fn hash_records<H: Hasher>(records: &Records, hasher: &mut H) {
    for record in records {
        record.is_some().hash(hasher);
        if let Some(record) = record {
            hash_record(record, hasher);
        }
    }
}

/// Hashes every field that differs between states: a new field of a record does not compile until it is here.
fn hash_record<H: Hasher>(record: &SessionRecord, hasher: &mut H) {
    let SessionRecord {
        tenant_id: _,
        created_at,
        rotated_at,
        expires_at,
        ends_at,
        current,
        previous,
        generation,
        retry,
        retries,
        minute,
        rotated_from: _,
        live_tokens,
        state,
    } = record;
    (created_at, rotated_at, expires_at, ends_at, current[0], previous.map(|value| value[0])).hash(hasher);
    (generation, retries, minute.map(|minute| (minute.started_at, minute.refreshes))).hash(hasher);
    if let Some(retry) = retry {
        (retry.tag.as_ref().map(RetryTag::as_bytes), &retry.sealed).hash(hasher);
    }
    for token in live_tokens {
        (token.id, token.expires_at).hash(hasher);
    }
    match state {
        SessionState::Live => 0_u8.hash(hasher),
        SessionState::Pending { at, reason } => (1_u8, at, reason.name()).hash(hasher),
        SessionState::Ended { at, reason } => (2_u8, at, reason.name()).hash(hasher),
    }
}
