//! Reading times and ids from the tables.

use auth_domain::model::from_unix_microseconds;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::StoreError;

/// Reads a stored time.
pub(crate) fn time(micros: i64) -> Result<OffsetDateTime, StoreError> {
    from_unix_microseconds(micros).ok_or(StoreError::Contradiction("a time is out of range"))
}

/// Reads a stored id.
pub(crate) fn id(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Contradiction("an id has not sixteen bytes"))
}

/// Reads stored bytes that are neither an id nor a digest.
pub(crate) fn sixteen_bytes(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Contradiction("a value does not have sixteen bytes"))
}
