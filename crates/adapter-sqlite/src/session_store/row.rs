//! A session as a row.

use auth_domain::model::{EndReason, LimitKey, RetryTag, SealedSuccessor, SessionRef, TenantId};
use diesel::{
    AsChangeset, BoolExpressionMethods, ExpressionMethods, Identifiable, OptionalExtension, QueryDsl,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, SqliteConnection,
};

use super::live_tokens::LiveTokens;
use crate::error::StoreError;
use crate::schema::rotating_sessions;
use crate::stored::id;

/// What a rotation or an end decides by and changes.
#[derive(Queryable, Selectable, Identifiable, AsChangeset)]
#[diesel(table_name = rotating_sessions, treat_none_as_null = true, check_for_backend(diesel::sqlite::Sqlite))]
pub(super) struct SessionRow {
    id: i64,
    tenant_id: Vec<u8>,
    /// Never beyond `ends_at`, so it is the only limit to judge by.
    pub(super) expires_at: i64,
    pub(super) ends_at: i64,
    pub(super) current_digest: Vec<u8>,
    pub(super) previous_digest: Option<Vec<u8>>,
    pub(super) generation: i64,
    pub(super) rotated_at: i64,
    live_tokens: Vec<u8>,
    retry_tag: Option<Vec<u8>>,
    retry_sealed: Option<Vec<u8>>,
    pub(super) ended_at: Option<i64>,
    end_reason: Option<String>,
    rotated_from: Option<Vec<u8>>,
}

impl SessionRow {
    pub(super) fn find(
        connection: &mut SqliteConnection,
        session: SessionRef,
    ) -> Result<Option<Self>, StoreError> {
        let is_named = rotating_sessions::user_id
            .eq(session.user_id.as_bytes().as_slice())
            .and(rotating_sessions::session_id.eq(session.session_id.as_bytes().as_slice()));
        let row = rotating_sessions::table.select(Self::as_select()).filter(is_named).first(connection);
        Ok(row.optional()?)
    }

    pub(super) fn save(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        diesel::update(self).set(self).execute(connection)?;
        Ok(())
    }

    pub(super) fn tenant_id(&self) -> Result<TenantId, StoreError> {
        Ok(TenantId::from_uuid(id(&self.tenant_id)?))
    }

    pub(super) fn live_tokens(&self) -> Result<LiveTokens, StoreError> {
        LiveTokens::unpack(&self.live_tokens)
    }

    pub(super) fn set_live_tokens(&mut self, tokens: &LiveTokens) {
        self.live_tokens = tokens.pack();
    }

    pub(super) fn end_reason(&self) -> Result<Option<EndReason>, StoreError> {
        match (self.ended_at, &self.end_reason) {
            (None, None) => Ok(None),
            (Some(_), Some(name)) => match EndReason::from_name(name) {
                Some(reason) => Ok(Some(reason)),
                None => Err(StoreError::Contradiction("the end reason of a session is unknown")),
            },
            (Some(_), None) | (None, Some(_)) => Err(StoreError::Contradiction("a session has half an end")),
        }
    }

    /// Marks the session as ended; nothing of its tokens stays but the two digests.
    pub(super) fn set_ended(&mut self, reason: EndReason, now: i64) {
        self.ended_at = Some(now);
        self.end_reason = Some(reason.name().to_owned());
        self.live_tokens.clear();
        self.rotated_from = None;
        self.set_retry(None);
    }

    /// The keyed hash of the address that the last rotation came from.
    pub(super) fn rotated_from(&self) -> Result<Option<LimitKey>, StoreError> {
        let bytes = self.rotated_from.as_deref().map(<[u8; 16]>::try_from).transpose();
        let address = bytes
            .map_err(|_| StoreError::Contradiction("the keyed hash of an address has not sixteen bytes"))?;
        Ok(address.map(LimitKey::from_bytes))
    }

    pub(super) fn set_rotated_from(&mut self, address: Option<LimitKey>) {
        self.rotated_from = address.map(|address| address.as_bytes().to_vec());
    }

    pub(super) fn retry(&self) -> Result<Option<SealedSuccessor>, StoreError> {
        match (&self.retry_tag, &self.retry_sealed) {
            (None, None) => Ok(None),
            (Some(tag), Some(sealed)) => match tag.as_slice().try_into() {
                Ok(tag) => {
                    Ok(Some(SealedSuccessor { tag: RetryTag::from_bytes(tag), sealed: sealed.clone() }))
                }
                Err(_) => Err(StoreError::Contradiction("a replay tag has not sixteen bytes")),
            },
            (Some(_), None) | (None, Some(_)) => {
                Err(StoreError::Contradiction("a session has half a replay"))
            }
        }
    }

    pub(super) fn set_retry(&mut self, retry: Option<&SealedSuccessor>) {
        self.retry_tag = retry.map(|retry| retry.tag.as_bytes().to_vec());
        self.retry_sealed = retry.map(|retry| retry.sealed.clone());
    }
}
