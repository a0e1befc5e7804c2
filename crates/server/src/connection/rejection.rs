//! Requests that are rejected by their head alone.

/// The reason why a request is rejected by its head alone. The connection closes after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The head is not HTTP/1.1, or its framing is ambiguous (S-73).
    Malformed,
    /// The head has not exactly one valid `Host` (RFC 9110 §7.2).
    Host,
    /// The head offers `websocket`: such a client continues in another protocol at once.
    Websocket,
    /// The method is `CONNECT`: the service is no tunnel.
    Connect,
    /// The head is too large.
    HeadTooLarge,
    /// The head did not arrive in time.
    HeadTimeout,
}
