//! What the writing thread receives.

/// What the writing thread receives.
pub(super) enum Message {
    /// A record: one line.
    Record(Vec<u8>),
    /// The file was moved, or is about to be.
    Reopen,
}
