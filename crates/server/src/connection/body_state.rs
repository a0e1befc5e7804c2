//! The state of the body of a request.

use auth_http_input::Framing;

use super::output::Output;

/// The progress in reading the body of the current request.
#[derive(Default)]
pub(super) struct BodyState {
    /// The number of the request, so that a body that outlives its request reads nothing of the next one.
    pub(super) request: u64,
    pub(super) progress: Progress,
    /// The part of `100 Continue` that is still to be sent; it is sent when the application waits for the body.
    pub(super) interim: Option<Output>,
    /// The number of bytes that the application has received.
    pub(super) received: usize,
    /// The number of bytes that were read of the body, with the framing of its chunks.
    pub(super) framed: usize,
    /// The size of the application's buffer for the body.
    pub(super) buffer: usize,
    /// The framing of a chunked body.
    pub(super) framing: Option<Framing>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Progress {
    /// A part of the body has not been read.
    Unread,
    /// The body was read to its end, or there is none.
    #[default]
    Complete,
    /// The framing of the body is wrong, or the client is gone: what follows is not a request.
    Broken,
}
