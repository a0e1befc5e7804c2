//! Rotations that a store has forgotten.

/// Whether a store that has gone back to an older state may have forgotten a rotation that was newer than the last one of a record.
/// If it was, the honest holder of its successor presents a token that looks used.
///
/// # Parameters
/// - `is_predecessor`: whether the presented token is the one that the last rotation of the record used. No lost rotation has issued
///   it.
/// - `rotated_at`: the time of the last rotation in the record, in Unix microseconds.
/// - `went_back_at`: the time at which a replica without the last writes may have replaced the server of the record; `None` if that
///   is not known to have happened.
#[must_use]
pub fn rotation_may_be_lost(is_predecessor: bool, rotated_at: i64, went_back_at: Option<i64>) -> bool {
    !is_predecessor && went_back_at.is_some_and(|went_back_at| rotated_at <= went_back_at)
}
