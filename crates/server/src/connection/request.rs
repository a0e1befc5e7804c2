//! Reading the head of the next request.

use actix_http::Request;
use actix_http::error::ParseError;
use actix_http::h1::Message;
use actix_web::http::header::HOST;
use actix_web::http::{Method, Version};
use actix_web::web::{Buf, BytesMut};
use auth_http_input::{EndFinder, empty_lines, ignore_upgrade, is_valid_host};
use memchr::memchr_iter;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

use super::interruption::Interruption;
use super::limits::{HEADER_MEMORY, MAX_HEAD};
use super::rejection::Rejection;
use super::timer::now;
use super::transport::Transport;
use super::wire::{Shared, Wire};

/// The reason why no request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRequest {
    /// The client has sent nothing, or has disconnected: there is no response.
    Silent,
    /// The head is rejected.
    Rejected(Rejection),
}

/// Reads and parses the next head; `first` is the deadline of the first head of a connection.
pub(super) async fn read<T: Transport>(
    wire: &Shared<T>,
    first: Option<Instant>,
) -> Result<Request, NoRequest> {
    begin(wire, first).await?;
    let mut finder = EndFinder::default();
    let mut deadline = first;
    loop {
        {
            let mut wire = wire.get();
            wire.is_head = wire.input.starts_with(b"HEAD ");
            if let Some(length) = finder.find(&wire.input) {
                wire.end_wait();
                return parse(&mut wire, length).map_err(NoRequest::Rejected);
            }
            if wire.input.len() > MAX_HEAD {
                return Err(NoRequest::Rejected(Rejection::HeadTooLarge));
            }
            wire.hold_with(0);
        }
        let deadline = *deadline.get_or_insert_with(|| now() + wire.get().timeouts.head);
        match wire.fill(deadline).await {
            Ok(()) => {}
            Err(Interruption::Timeout) => return Err(NoRequest::Rejected(Rejection::HeadTimeout)),
            Err(Interruption::Gone | Interruption::Evicted) => return Err(NoRequest::Silent),
        }
    }
}

/// Waits for the first byte of a head.
async fn begin<T: Transport>(wire: &Shared<T>, first: Option<Instant>) -> Result<(), NoRequest> {
    let mut deadline = first;
    loop {
        {
            let mut wire = wire.get();
            let length = empty_lines(&wire.input);
            wire.input.advance(length);
            if !wire.input.is_empty() {
                return Ok(());
            }
            // An idle connection holds no buffer.
            wire.input = BytesMut::new();
            wire.request_memory = 0;
        }
        let deadline = *deadline.get_or_insert_with(|| now() + wire.get().timeouts.keep_alive);
        wire.next_request(deadline).await.map_err(|_| NoRequest::Silent)?;
    }
}

fn parse<T>(wire: &mut Wire<T>, length: usize) -> Result<Request, Rejection> {
    if length > MAX_HEAD {
        return Err(Rejection::HeadTooLarge);
    }
    let head = wire.input.get_mut(..length).unwrap_or_default();
    ignore_upgrade(head).map_err(|_| Rejection::Websocket)?;
    let is_about_host = has_wrong_number_of_hosts(head);
    let behind_head = wire.input.len() - length;
    let buffer = wire.input.capacity();
    let request = match wire.codec.decode(&mut wire.input) {
        // The codec must agree on where the head ends, or an offer to upgrade could be in a part that was not checked.
        Ok(Some(Message::Item(request))) if wire.input.len() == behind_head => request,
        Err(ParseError::TooLarge) => return Err(Rejection::HeadTooLarge),
        Err(ParseError::Header) if is_about_host => return Err(Rejection::Host),
        Ok(_) | Err(_) => return Err(Rejection::Malformed),
    };
    if request.method() == Method::CONNECT {
        return Err(Rejection::Connect);
    }
    check_host(&request)?;
    let headers = request.head().headers().len().saturating_mul(HEADER_MEMORY);
    wire.request_memory = wire.request_memory.max(buffer + headers);
    Ok(request)
}

/// Distinguishes an error about `Host` from others, which the codec does not do.
fn has_wrong_number_of_hosts(head: &[u8]) -> bool {
    let mut line_feeds = memchr_iter(b'\n', head);
    let first = line_feeds.next().and_then(|end| head.get(..end));
    let is_1_1 = first.is_some_and(|line| line.trim_ascii_end().ends_with(b" HTTP/1.1"));
    let is_host = |line_feed: &usize| {
        let name = head.get(line_feed + 1..line_feed + 6);
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"host:"))
    };
    let first_header = first.map(<[u8]>::len);
    let hosts = first_header.into_iter().chain(line_feeds).filter(is_host).count();
    hosts > 1 || (hosts == 0 && is_1_1)
}

/// Accepts exactly one `Host`, and none in versions before HTTP/1.1.
fn check_host(request: &Request) -> Result<(), Rejection> {
    let mut hosts = request.head().headers().get_all(HOST);
    match (hosts.next(), hosts.next()) {
        (Some(value), None) if is_valid_host(value.as_bytes()) => Ok(()),
        (None, None) if request.version() < Version::HTTP_11 => Ok(()),
        _ => Err(Rejection::Host),
    }
}
