//! The model of a session store: the rules, applied to records in memory.

use std::collections::{HashMap, HashSet};

use auth_domain::model::session_rules::{self, Change};
use auth_domain::model::{
    EndReason, EndSession, Ending, LiveAccessToken, NewSession, RefreshMinute, Rotate, Rotation,
    SessionRecord, SessionRef, SessionSummary, TokenId, UserId, from_unix_microseconds,
};
use time::OffsetDateTime;

use crate::DENYLIST_MARGIN;

/// A call to a session store.
#[derive(Clone, Debug)]
pub enum SessionRequest {
    /// `SessionStore::open`.
    Open(NewSession),
    /// `SessionStore::rotate`.
    Rotate(Rotate),
    /// `SessionStore::end`.
    End(EndSession),
    /// `SessionStore::end_all`.
    EndAll(UserId, EndReason),
    /// `SessionStore::list`.
    List(UserId),
}

/// The outcome of a [`SessionRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAnswer {
    /// The session was opened.
    Opened,
    /// The outcome of a rotation.
    Rotation(Rotation),
    /// The outcome of an end.
    Ending(Ending),
    /// The number of live sessions that were ended.
    EndedAll(usize),
    /// The live sessions.
    Sessions(Vec<SessionSummary>),
}

/// The records and the denylist of a session store. The model applies the rules and deletes no record.
#[derive(Default)]
pub struct SessionModel {
    records: HashMap<SessionRef, SessionRecord>,
    user_minutes: HashMap<UserId, RefreshMinute>,
    denylist: HashMap<TokenId, OffsetDateTime>,
    /// The states of each session since [`Self::forget_history`]; the first one was before that.
    history: HashMap<SessionRef, Vec<Option<SessionRecord>>>,
    /// The entries of the denylist since then.
    denied: HashSet<TokenId>,
}

impl SessionModel {
    /// The record of a session.
    #[must_use]
    pub fn record(&self, session: SessionRef) -> Option<&SessionRecord> {
        self.records.get(&session)
    }

    /// The last minute with refreshes of a user; `None` if there is none.
    #[must_use]
    pub fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute> {
        self.user_minutes.get(&user_id).copied()
    }

    /// The expiry of a token's denylist entry; `None` if the token was not denylisted.
    #[must_use]
    pub fn denylisted_until(&self, token: TokenId) -> Option<OffsetDateTime> {
        self.denylist.get(&token).copied()
    }

    /// Clears the history before a failover: no store goes back to a former state.
    pub(super) fn forget_history(&mut self) {
        self.history.clear();
        self.denied.clear();
    }

    /// The states of a session since the history was forgotten. A session that ends is pending in between.
    pub(super) fn states(&self, session: SessionRef) -> Vec<Option<SessionRecord>> {
        let known = self.history.get(&session).cloned();
        known.unwrap_or_else(|| vec![self.record(session).cloned()])
    }

    /// Sets the state of a session and of its user.
    pub(super) fn restore(
        &mut self,
        session: SessionRef,
        record: Option<SessionRecord>,
        user_minute: Option<RefreshMinute>,
    ) {
        match record {
            Some(record) => self.records.insert(session, record),
            None => self.records.remove(&session),
        };
        match user_minute {
            Some(minute) => self.user_minutes.insert(session.user_id, minute),
            None => self.user_minutes.remove(&session.user_id),
        };
    }

    /// Removes an entry of the denylist, which must have been added since the history was forgotten.
    pub(super) fn forget_denied(&mut self, token: TokenId) -> Result<(), String> {
        match self.denylist.remove(&token) {
            Some(until) if !self.denied.contains(&token) => {
                Err(format!("the denylist forgot {token}, which was replicated, before {until}"))
            }
            _ => Ok(()),
        }
    }

    /// Applies a call; returns its outcome.
    pub fn apply(&mut self, request: &SessionRequest, now: OffsetDateTime) -> SessionAnswer {
        match request {
            SessionRequest::Open(session) => {
                self.open(session, now);
                SessionAnswer::Opened
            }
            SessionRequest::Rotate(rotate) => {
                let session = rotate.presented.session;
                let record = self.records.get(&session);
                let minute = self.user_minute(session.user_id);
                let decision = session_rules::rotate(record, minute, rotate, now, DENYLIST_MARGIN);
                self.store(session, decision.change);
                SessionAnswer::Rotation(decision.outcome)
            }
            SessionRequest::End(end) => {
                let record = self.records.get(&end.session);
                let decision = session_rules::end(record, end, now, DENYLIST_MARGIN);
                self.store(end.session, decision.change);
                SessionAnswer::Ending(decision.outcome)
            }
            SessionRequest::EndAll(user_id, reason) => {
                let of_user = self.records.iter().filter(|(session, _)| session.user_id == *user_id);
                let sessions = of_user.map(|(session, record)| (*session, record));
                let (alive, changes) = session_rules::end_all(sessions, *reason, now, DENYLIST_MARGIN);
                for (session, change) in changes {
                    self.store(session, Some(change));
                }
                SessionAnswer::EndedAll(alive)
            }
            SessionRequest::List(user_id) => SessionAnswer::Sessions(self.live(*user_id, now)),
        }
    }

    /// Adds a token to the denylist, as the service does before it releases the token.
    pub fn deny(&mut self, token: LiveAccessToken) {
        let until = token.expires_at + DENYLIST_MARGIN;
        self.denied.insert(token.id);
        let entry = self.denylist.entry(token.id).or_insert(until);
        *entry = until.max(*entry);
    }

    fn open(&mut self, session: &NewSession, now: OffsetDateTime) {
        let opened = session.refresh_token.session;
        let Some(record) = session_rules::open(self.record(opened), session, now) else { return };
        let live = self.live(opened.user_id, now);
        for surplus in session_rules::surplus(&live, session.max_sessions) {
            let session = SessionRef { session_id: surplus.session_id, ..opened };
            let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
            self.apply(&SessionRequest::End(end), now);
        }
        self.insert(opened, record);
    }

    fn insert(&mut self, session: SessionRef, record: SessionRecord) {
        let before = self.records.insert(session, record.clone());
        self.history.entry(session).or_insert_with(|| vec![before]).push(Some(record));
    }

    fn live(&self, user_id: UserId, now: OffsetDateTime) -> Vec<SessionSummary> {
        let of_user = self.records.iter().filter(|(session, _)| session.user_id == user_id);
        let not_ended = of_user.filter(|(_, record)| record.end_reason().is_none());
        let time = |microseconds| from_unix_microseconds(microseconds).unwrap();
        let summaries = not_ended.map(|(session, record)| SessionSummary {
            session_id: session.session_id,
            created_at: time(record.created_at),
            rotated_at: time(record.rotated_at),
            expires_at: time(record.expires_at),
        });
        session_rules::live(summaries.collect(), now)
    }

    fn store(&mut self, session: SessionRef, change: Option<Change>) {
        let Some(change) = change else { return };
        for token in change.denylist {
            self.deny(token);
        }
        if let Some(minute) = change.user_minute {
            self.user_minutes.insert(session.user_id, minute);
        }
        self.insert(session, change.record.clone());
        self.insert(session, change.record.denylisted());
    }
}
