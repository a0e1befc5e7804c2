//! A session as a row.

use auth_domain::model::{
    EndReason, LimitKey, RefreshMinute, RetryTag, SealedSuccessor, SessionRecord, SessionRef, SessionState,
    TenantId,
};
use diesel::{Insertable, Queryable, Selectable};

use super::live_tokens::{pack, unpack};
use crate::error::StoreError;
use crate::schema::sessions;
use crate::stored::{count, id, sixteen_bytes};

/// A row of `sessions`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
pub(super) struct SessionRow {
    pub(super) user_id: Vec<u8>,
    pub(super) session_id: Vec<u8>,
    pub(super) tenant_id: Vec<u8>,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
    pub(super) ends_at: i64,
    pub(super) current_digest: Vec<u8>,
    pub(super) previous_digest: Option<Vec<u8>>,
    pub(super) generation: i64,
    pub(super) rotated_at: i64,
    pub(super) live_tokens: Vec<u8>,
    pub(super) retry_tag: Option<Vec<u8>>,
    pub(super) retry_sealed: Option<Vec<u8>>,
    pub(super) ended_at: Option<i64>,
    pub(super) end_reason: Option<String>,
    pub(super) rotated_from: Option<Vec<u8>>,
    pub(super) retries: i64,
    pub(super) minute_started_at: Option<i64>,
    pub(super) minute_refreshes: Option<i64>,
}

impl SessionRow {
    pub(super) fn new(session: SessionRef, record: &SessionRecord) -> Self {
        let (ended_at, end_reason) = match record.state {
            SessionState::Live => (None, None),
            SessionState::Pending { at, reason } | SessionState::Ended { at, reason } => {
                (Some(at), Some(reason.name().to_owned()))
            }
        };
        Self {
            user_id: session.user_id.as_bytes().to_vec(),
            session_id: session.session_id.as_bytes().to_vec(),
            tenant_id: record.tenant_id.as_bytes().to_vec(),
            created_at: record.created_at,
            expires_at: record.expires_at,
            ends_at: record.ends_at,
            current_digest: record.current.to_vec(),
            previous_digest: record.previous.map(|digest| digest.to_vec()),
            generation: i64::try_from(record.generation).unwrap_or(i64::MAX),
            rotated_at: record.rotated_at,
            live_tokens: pack(&record.live_tokens),
            retry_tag: record.retry.as_ref().and_then(|retry| retry.tag).map(|tag| tag.as_bytes().to_vec()),
            retry_sealed: record.retry.as_ref().map(|retry| retry.sealed.clone()),
            ended_at,
            end_reason,
            rotated_from: record.rotated_from.map(|address| address.as_bytes().to_vec()),
            retries: record.retries.into(),
            minute_started_at: record.minute.map(|minute| minute.started_at),
            minute_refreshes: record.minute.map(|minute| minute.refreshes.into()),
        }
    }
}

impl TryFrom<SessionRow> for SessionRecord {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let address = row.rotated_from.as_deref().map(sixteen_bytes).transpose()?;
        Ok(Self {
            tenant_id: TenantId::from_uuid(id(&row.tenant_id)?),
            created_at: row.created_at,
            rotated_at: row.rotated_at,
            expires_at: row.expires_at,
            ends_at: row.ends_at,
            current: digest(&row.current_digest)?,
            previous: row.previous_digest.as_deref().map(digest).transpose()?,
            generation: u64::try_from(row.generation)
                .map_err(|_| StoreError::Contradiction("the generation of a session is negative"))?,
            retry: retry(row.retry_tag.as_deref(), row.retry_sealed)?,
            retries: count(row.retries)?,
            minute: minute(row.minute_started_at, row.minute_refreshes)?,
            rotated_from: address.map(LimitKey::from_bytes),
            live_tokens: unpack(&row.live_tokens)?,
            state: state(row.ended_at, row.end_reason.as_deref())?,
        })
    }
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Contradiction("a digest does not have 32 bytes"))
}

fn retry(tag: Option<&[u8]>, sealed: Option<Vec<u8>>) -> Result<Option<SealedSuccessor>, StoreError> {
    let tag = tag.map(sixteen_bytes).transpose()?.map(RetryTag::from_bytes);
    match (tag, sealed) {
        (tag, Some(sealed)) => Ok(Some(SealedSuccessor { tag, sealed })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(StoreError::Contradiction("a retry has no sealed successor")),
    }
}

fn minute(started_at: Option<i64>, refreshes: Option<i64>) -> Result<Option<RefreshMinute>, StoreError> {
    match (started_at, refreshes) {
        (None, None) => Ok(None),
        (Some(started_at), Some(refreshes)) => {
            Ok(Some(RefreshMinute { started_at, refreshes: count(refreshes)? }))
        }
        (Some(_), None) | (None, Some(_)) => {
            Err(StoreError::Contradiction("a minute has no start or no number of refreshes"))
        }
    }
}

/// A stored end is never pending: the access tokens were denylisted in the same transaction.
fn state(ended_at: Option<i64>, reason: Option<&str>) -> Result<SessionState, StoreError> {
    match (ended_at, reason) {
        (None, None) => Ok(SessionState::Live),
        (Some(at), Some(name)) => match EndReason::from_name(name) {
            Some(reason) => Ok(SessionState::Ended { at, reason }),
            None => Err(StoreError::Contradiction("the end reason of a session is unknown")),
        },
        (Some(_), None) | (None, Some(_)) => {
            Err(StoreError::Contradiction("the end of a session has no time or no reason"))
        }
    }
}
