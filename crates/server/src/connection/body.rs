//! The body of a request, decoded while the application reads it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_http::h1::{Message, MessageType};
use actix_http::{HttpMessage, Payload, Request};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use auth_http_input::Framing;
use futures_util::Stream;
use tokio_util::codec::Decoder;

use super::body_state::Progress;
use super::interruption::Interruption;
use super::limits::{MAX_BODY, MAX_DRAIN, MAX_FRAMED};
use super::output::Output;
use super::transport::Transport;
use super::wire::{Shared, Wire};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Attaches the body to a request that the codec has just decoded.
pub(super) fn attach<T: Transport>(shared: &Shared<T>, request: &mut Request) {
    let mut wire = shared.get();
    let has_body = wire.codec.message_type() != MessageType::None;
    let announced = request.head().headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    let body = &mut wire.body;
    body.request += 1;
    body.received = 0;
    body.framed = 0;
    body.buffer = announced.unwrap_or(MAX_BODY).min(MAX_BODY);
    body.framing = request.chunked().unwrap_or(true).then(Framing::default);
    body.progress = if has_body { Progress::Unread } else { Progress::Complete };
    body.interim = (has_body && request.head().expect())
        .then(|| Output::new(BytesMut::new(), Bytes::from_static(CONTINUE)));
    if has_body {
        let stream = BodyStream { wire: shared.clone(), request: body.request };
        *request.payload() = Payload::Stream { payload: Box::pin(stream) };
    }
}

struct BodyStream<T> {
    wire: Shared<T>,
    request: u64,
}

impl<T: Transport> Stream for BodyStream<T> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut wire = self.wire.get();
        if wire.body.request != self.request {
            return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
        }
        match ready!(wire.poll_chunk(context)) {
            Err(_) if wire.body.framed > MAX_FRAMED => Poll::Ready(Some(Err(PayloadError::Overflow))),
            Ok(chunk) => Poll::Ready(chunk.map(Ok)),
            Err(Interruption::Gone | Interruption::Timeout | Interruption::Evicted) => {
                Poll::Ready(Some(Err(PayloadError::Incomplete(None))))
            }
        }
    }
}

impl<T: Transport> Wire<T> {
    /// Returns the next part of the body; `None` at its end.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Interruption>> {
        loop {
            match self.body.progress {
                Progress::Unread => {}
                Progress::Complete => return Poll::Ready(Ok(None)),
                Progress::Broken => return Poll::Ready(Err(Interruption::Gone)),
            }
            if let Some(chunk) = self.decode_chunk() {
                return Poll::Ready(Ok(Some(chunk)));
            }
            if self.body.progress != Progress::Unread {
                continue;
            }
            ready!(self.poll_continue(context))?;
            self.hold_with(self.body.buffer);
            if let Err(interruption) = ready!(self.poll_fill(context, None)) {
                self.body.progress = Progress::Broken;
                return Poll::Ready(Err(interruption));
            }
        }
    }

    /// Takes the next part from the bytes that have arrived, and notes the end and errors.
    fn decode_chunk(&mut self) -> Option<Bytes> {
        if let Some(framing) = &mut self.body.framing {
            framing.copy(&self.input);
        }
        let before = self.input.len();
        let decoded = self.codec.decode(&mut self.input);
        let consumed = before.saturating_sub(self.input.len());
        let data = if let Ok(Some(Message::Chunk(Some(chunk)))) = &decoded { chunk.len() } else { 0 };
        self.body.framed += consumed;
        let framing = self.body.framing.as_mut();
        if self.body.framed > MAX_FRAMED || framing.is_some_and(|framing| !framing.is_sound(consumed, data)) {
            self.body.progress = Progress::Broken;
            return None;
        }
        match decoded {
            Ok(Some(Message::Chunk(Some(chunk)))) => {
                self.body.received += chunk.len();
                return Some(chunk);
            }
            Ok(Some(Message::Chunk(None))) => {
                self.body.progress = Progress::Complete;
                self.body.interim = None;
                self.end_wait();
            }
            Ok(Some(Message::Item(_))) | Err(_) => self.body.progress = Progress::Broken,
            Ok(None) => {}
        }
        None
    }

    /// Sends `100 Continue` if the client waits for it. A client that has sent a part of the body does not wait.
    fn poll_continue(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Interruption>> {
        let is_needless = self.body.received != 0 || !self.input.is_empty();
        let Some(mut interim) = self.body.interim.take() else { return Poll::Ready(Ok(())) };
        if is_needless && interim.remaining() == CONTINUE.len() {
            return Poll::Ready(Ok(()));
        }
        let written = self.poll_write(context, &mut interim);
        self.body.interim = Some(interim).filter(Output::has_remaining);
        written
    }

    /// Takes the rest of a `100 Continue` that was sent in part: it must be complete before the response begins.
    pub(super) fn take_interim(&mut self) -> Option<Output> {
        self.body.interim.take().filter(|interim| interim.remaining() < CONTINUE.len())
    }

    /// Discards the bytes that have arrived of an unread body; returns whether that was the whole rest.
    ///
    /// It never waits for the client: if a part of the body is still on its way, the connection closes (S-74).
    pub(super) fn finish_body(&mut self, context: &mut Context<'_>) -> bool {
        let mut left = MAX_DRAIN;
        while self.body.progress == Progress::Unread {
            if let Some(chunk) = self.decode_chunk() {
                let Some(rest) = left.checked_sub(chunk.len()) else { return false };
                left = rest;
            } else if self.body.progress == Progress::Unread {
                match self.poll_read(context) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) | Poll::Pending => return false,
                }
            }
        }
        self.body.progress == Progress::Complete
    }
}
