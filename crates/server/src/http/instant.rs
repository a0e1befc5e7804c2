//! Times in responses.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::error::ApiError;

/// RFC 3339 in UTC with milliseconds.
const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Formats a time in UTC.
pub(super) fn instant(time: OffsetDateTime) -> Result<String, ApiError> {
    time.format(INSTANT).map_err(|_| ApiError::Internal)
}
