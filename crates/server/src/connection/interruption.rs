//! The reasons why a wait for the client ends without success.

/// The reason why a wait for the client ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The client has closed its side, or the connection failed.
    Gone,
    /// The deadline has passed.
    Timeout,
    /// The connection was evicted at a limit.
    Evicted,
}
