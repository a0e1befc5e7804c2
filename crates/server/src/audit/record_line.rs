//! Audit records: security events as lines of JSON.

use std::fmt::Display;
use std::net::IpAddr;

use auth_domain::model::{LimitKey, SessionId, UserId};
use auth_domain::ports::{Clock, random_bytes};
use serde::{Serialize, Serializer};
use uuid::{Builder, Uuid};

use super::occurrence::{Actor, Details, Occurrence, Subject, Text};
use super::os_user::OsUser;
use super::security_event::Outcome;
use super::source::Source;
use crate::system::{SystemClock, SystemEntropy};
use crate::timestamp::Timestamps;

/// The version of the schema, `docs/audit.schema.json`. Another member is no other version; a member that is removed or has
/// another meaning is one.
const SCHEMA: u8 = 1;

/// A record, in the order of its members.
#[derive(Serialize)]
struct Record<'a> {
    schema: u8,
    id: Shown<Uuid>,
    time: &'a str,
    event: &'static str,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
    actor: ActorMember<'a>,
    #[serde(skip_serializing_if = "SubjectMember::is_empty")]
    subject: SubjectMember,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Shown<SessionId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten)]
    details: Details<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ActorMember<'a> {
    User { user_id: Shown<UserId> },
    Anonymous,
    Platform,
    Administrator { os_user: &'a OsUser },
    Service,
}

#[derive(Serialize)]
struct SubjectMember {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Shown<UserId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_hash: Option<Shown<LimitKey>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

/// A value that is a text in JSON.
struct Shown<T>(T);

/// Returns the line of a security event that occurs now, with its line break.
pub(super) fn record_line(occurrence: &Occurrence<'_>, source: &Source) -> Vec<u8> {
    let now = SystemClock.now();
    let mut time = Vec::with_capacity(32);
    // Writing to memory cannot fail.
    let _ = Timestamps::default().write(now, &mut time);
    let milliseconds = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    // An id that is not random is better than no record.
    let random = random_bytes(&SystemEntropy).unwrap_or_default();
    let (address, request_id) = match source {
        Source::Request { client, id } => (client.map(|client| client.ip()), id.as_deref()),
        Source::Command | Source::Service => (None, None),
    };
    let record = Record {
        schema: SCHEMA,
        id: Shown(Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()),
        time: str::from_utf8(&time).unwrap_or_default(),
        event: occurrence.event.event().name(),
        outcome: occurrence.event.outcome(),
        reason: occurrence.reason,
        actor: occurrence.actor.into(),
        subject: occurrence.subject.into(),
        session_id: occurrence.session_id.map(Shown),
        address,
        request_id,
        details: occurrence.details,
    };
    let mut line = Vec::with_capacity(512);
    let _ = serde_json::to_writer(&mut line, &record);
    line.push(b'\n');
    line
}

impl From<Actor> for ActorMember<'_> {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::User(user_id) => Self::User { user_id: Shown(user_id) },
            Actor::Anonymous => Self::Anonymous,
            Actor::Platform => Self::Platform,
            Actor::Administrator => Self::Administrator { os_user: OsUser::current() },
            Actor::Service => Self::Service,
        }
    }
}

impl From<Subject> for SubjectMember {
    fn from(subject: Subject) -> Self {
        Self {
            user_id: subject.user_id.map(Shown),
            email_hash: subject.email_hash.map(Shown),
            address: subject.address.map(|address| address.ip()),
        }
    }
}

impl SubjectMember {
    const fn is_empty(&self) -> bool {
        self.user_id.is_none() && self.email_hash.is_none() && self.address.is_none()
    }
}

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
