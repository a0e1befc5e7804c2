//! Times as clients read them.

use auth_verifier::AuthError;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// RFC 3339 in UTC with milliseconds.
const INSTANT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Writes a time in UTC.
pub(super) fn instant(time: OffsetDateTime) -> Result<String, AuthError> {
    time.format(INSTANT).map_err(|_| AuthError::Internal)
}
