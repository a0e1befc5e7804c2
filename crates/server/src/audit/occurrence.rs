//! A security event that occurred, with its data.

use std::fmt::{self, Display};

use auth_domain::model::{ClientAddress, LimitKey, SessionId, UserId};
use serde::{Serialize, Serializer};

use super::security_event::SecurityEvent;

/// Who caused a security event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A user who presented valid credentials.
    User(UserId),
    /// A client without valid credentials.
    Anonymous,
    /// The HookSentry platform.
    Platform,
    /// A person at the command line.
    Administrator,
    /// The service itself.
    Service,
}

/// What a security event is about. Most events name a user; an email is only there as its keyed hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject {
    pub(crate) user_id: Option<UserId>,
    pub(crate) email_hash: Option<LimitKey>,
    pub(crate) address: Option<ClientAddress>,
}

/// A text that is formatted when it is written.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a>(pub(crate) &'a dyn Display);

/// The data that only some events have. `docs/logging.md` describes them, by these names.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) same_address: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sessions_ended: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) imported: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) already_there: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rejected: Option<u64>,
    /// The name of a dependency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problems: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
    /// The name of the event of rejections that have no record of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suppressed: Option<&'a str>,
}

/// A security event with its data, which the log line and the audit record have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence<'a> {
    pub(crate) event: SecurityEvent,
    pub(crate) actor: Actor,
    pub(crate) subject: Subject,
    pub(crate) session_id: Option<SessionId>,
    /// The reason code.
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) details: Details<'a>,
}

impl<'a> Occurrence<'a> {
    /// Returns an occurrence without a subject, a session, a reason and details.
    pub(crate) fn new(event: SecurityEvent, actor: Actor) -> Self {
        let (subject, details) = (Subject::default(), Details::default());
        Self { event, actor, subject, session_id: None, reason: None, details }
    }

    /// Sets the user whom the event is about.
    pub(crate) fn user(mut self, user_id: impl Into<Option<UserId>>) -> Self {
        self.subject.user_id = user_id.into();
        self
    }

    /// Sets the email that the event is about, by its keyed hash.
    pub(crate) fn email(mut self, email_hash: impl Into<Option<LimitKey>>) -> Self {
        self.subject.email_hash = email_hash.into();
        self
    }

    /// Sets the session.
    pub(crate) fn session(mut self, session_id: impl Into<Option<SessionId>>) -> Self {
        self.session_id = session_id.into();
        self
    }

    /// Sets the reason code.
    pub(crate) fn reason(self, reason: &'a dyn Display) -> Self {
        Self { reason: Some(Text(reason)), ..self }
    }

    /// Sets the details.
    pub(crate) fn details(self, details: Details<'a>) -> Self {
        Self { details, ..self }
    }
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
