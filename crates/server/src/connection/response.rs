//! Writing a response, and the end of a connection.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;

use actix_http::h1::Message;
use actix_http::{ConnectionType, Response};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, BytesMut};
use tokio_util::codec::Encoder;

use super::interruption::Interruption;
use super::limits::MAX_LINGER;
use super::output::Output;
use super::timer::now;
use super::transport::Transport;
use super::wire::Shared;
use crate::metrics::TimeoutReason;

/// The state of a connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    KeepAlive,
    Close,
}

/// The error of a response that the client does not receive whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotSent;

/// Sends `response`. It has `Connection: close` if `close` is set, if the client or the response requires it, if the
/// connection was evicted, or if the service shuts down.
pub(super) async fn send<T: Transport>(
    wire: &Shared<T>,
    response: Response<BoxBody>,
    is_head: bool,
    close: bool,
) -> Result<Sent, NotSent> {
    let sent = write(wire, response, is_head, close).await;
    sent.map_err(|interruption| {
        let wire = wire.get();
        if interruption == Interruption::Timeout {
            wire.registration.timed_out(TimeoutReason::Write);
        }
        wire.abort();
        NotSent
    })
}

async fn write<T: Transport>(
    wire: &Shared<T>,
    response: Response<BoxBody>,
    is_head: bool,
    close: bool,
) -> Result<Sent, Interruption> {
    let (mut response, body) = response.into_parts();
    let size = body.size();
    let has_body =
        !is_head && !is_bodiless(response.status()) && !matches!(size, BodySize::None | BodySize::Sized(0));
    let mut head = BytesMut::new();
    let interim = {
        let mut wire = wire.get();
        wire.end_wait();
        if close || wire.registration.must_close() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        wire.codec.encode(Message::Item((response, size)), &mut head).map_err(|_| Interruption::Gone)?;
        wire.take_interim()
    };
    if let Some(interim) = interim {
        wire.write(interim).await?;
    }
    if has_body {
        write_body(wire, head, body, size).await?;
    } else {
        wire.write(Output::new(head, Bytes::new())).await?;
    }
    let mut wire = wire.get();
    wire.end_wait();
    Ok(if wire.codec.keep_alive() { Sent::KeepAlive } else { Sent::Close })
}

/// Returns whether a response ends with its head (RFC 9112 §6.3).
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational() || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
}

/// Writes the head and the body, without a copy of the body.
async fn write_body<T: Transport>(
    wire: &Shared<T>,
    head: BytesMut,
    body: BoxBody,
    size: BodySize,
) -> Result<(), Interruption> {
    let body = match body.try_into_bytes() {
        Ok(whole) => return wire.write(Output::new(head, whole)).await,
        Err(body) => body,
    };
    let mut body = pin!(body);
    let mut head = head;
    let mut left = match size {
        BodySize::Sized(length) => Some(length),
        BodySize::Stream | BodySize::None => None,
    };
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let chunk = chunk.map_err(|_| Interruption::Gone)?;
        let part = if let Some(left) = &mut left {
            // A body with another length than announced must not look complete.
            *left = left.checked_sub(length_of(&chunk)).ok_or(Interruption::Gone)?;
            chunk
        } else {
            encode(wire, Some(chunk), &mut head)?;
            Bytes::new()
        };
        wire.write(Output::new(mem::take(&mut head), part)).await?;
    }
    match left {
        Some(0) => {}
        Some(_) => return Err(Interruption::Gone),
        None => encode(wire, None, &mut head)?,
    }
    wire.write(Output::new(head, Bytes::new())).await
}

fn length_of(chunk: &Bytes) -> u64 {
    u64::try_from(chunk.len()).unwrap_or(u64::MAX)
}

fn encode<T: Transport>(
    wire: &Shared<T>,
    chunk: Option<Bytes>,
    to: &mut BytesMut,
) -> Result<(), Interruption> {
    wire.get().codec.encode(Message::Chunk(chunk), to).map_err(|_| Interruption::Gone)
}

/// Ends the connection so that the client receives the last response: a close with unread bytes would be a reset, which
/// discards it (RFC 9112 §9.6).
pub(super) async fn linger<T: Transport>(wire: &Shared<T>) {
    let deadline = now() + wire.get().timeouts.linger;
    let mut left = MAX_LINGER;
    if wire.shutdown().await.is_err() {
        return;
    }
    loop {
        let arrived = mem::take(&mut wire.get().input).len();
        let Some(rest) = left.checked_sub(arrived) else { return };
        left = rest;
        if wire.fill(deadline).await.is_err() {
            return;
        }
    }
}
