//! Conversion of stored values.

use auth_domain::model::from_unix_microseconds;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::StoreError;

/// The time in a column.
pub(crate) fn time(micros: i64) -> Result<OffsetDateTime, StoreError> {
    from_unix_microseconds(micros).ok_or(StoreError::Contradiction("a time is out of range"))
}

/// The number in a column.
pub(crate) fn count(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Contradiction("a number is out of range"))
}

/// The id in a column.
pub(crate) fn id(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Contradiction("an id does not have sixteen bytes"))
}

/// The bytes in a column that contains neither an id nor a digest.
pub(crate) fn sixteen_bytes(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Contradiction("a value does not have sixteen bytes"))
}
