//! The socket of one connection, its unread bytes, and every wait for the client.

use std::cell::{RefCell, RefMut};
use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::h1::Codec;
use actix_web::web::BytesMut;
use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::body_state::BodyState;
use super::interruption::Interruption;
use super::limits::{READ_SIZE, Timeouts};
use super::output::Output;
use super::registration::Registration;
use super::timer::{Timer, now};
use super::transport::Transport;

#[cfg(test)]
mod tests;

thread_local! {
    /// The read buffer that all connections of a worker share: an idle connection has no buffer of its own.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// A connection's socket and its state between two polls.
pub(super) struct Wire<T> {
    io: T,
    pub(super) input: BytesMut,
    /// The memory of the current request: its head, which keeps the whole buffer that it arrived in, and its headers. Bytes
    /// of the next request may keep that buffer longer.
    pub(super) request_memory: usize,
    /// Whether the current request is a HEAD, known before its head is parsed.
    pub(super) is_head: bool,
    pub(super) codec: Codec,
    pub(super) body: BodyState,
    pub(super) timeouts: Timeouts,
    pub(super) registration: Registration,
    timer: Timer,
    held: usize,
}

/// The wire, shared by the connection's loop and the body of the current request; both run in one task.
pub(super) struct Shared<T>(Rc<RefCell<Wire<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Transport> Shared<T> {
    pub(super) fn new(io: T, codec: Codec, timeouts: Timeouts, registration: Registration) -> Self {
        let timer = Timer::new(now() + timeouts.head);
        let (input, body) = (BytesMut::new(), BodyState::default());
        Self(Rc::new(RefCell::new(Wire {
            io,
            input,
            request_memory: 0,
            is_head: false,
            codec,
            body,
            timeouts,
            registration,
            timer,
            held: 0,
        })))
    }

    /// Borrows the wire; the borrow must not be held across an await.
    pub(super) fn get(&self) -> RefMut<'_, Wire<T>> {
        self.0.borrow_mut()
    }

    /// Reads more of the head that has begun.
    pub(super) async fn fill(&self, deadline: Instant) -> Result<(), Interruption> {
        poll_fn(|context| self.get().poll_fill(context, Some(deadline))).await
    }

    /// Waits for the first byte of the next request.
    pub(super) async fn next_request(&self, deadline: Instant) -> Result<(), Interruption> {
        poll_fn(|context| {
            let mut wire = self.get();
            // Registered before the check, so that a shutdown that begins after the check wakes this task.
            wire.registration.register(context.waker());
            let quiet = wire.registration.closing_since().map(|since| since + wire.timeouts.quiet);
            wire.poll_fill(context, Some(quiet.map_or(deadline, |quiet| quiet.min(deadline))))
        })
        .await
    }

    /// Writes all of `output`.
    pub(super) async fn write(&self, mut output: Output) -> Result<(), Interruption> {
        poll_fn(|context| self.get().poll_write(context, &mut output)).await
    }

    /// Ends the service's side, so that the client sees the end of the response.
    pub(super) async fn shutdown(&self) -> Result<(), Interruption> {
        let shut = poll_fn(|context| Pin::new(&mut self.get().io).poll_shutdown(context)).await;
        shut.map_err(|_| Interruption::Gone)
    }
}

impl<T: Transport> Wire<T> {
    /// Reads at least one byte into `input`.
    pub(super) fn poll_fill(
        &mut self,
        context: &mut Context<'_>,
        deadline: Option<Instant>,
    ) -> Poll<Result<(), Interruption>> {
        match self.poll_read(context) {
            Poll::Ready(Some(_)) => Poll::Ready(Ok(())),
            Poll::Ready(None) => Poll::Ready(Err(Interruption::Gone)),
            Poll::Pending => self.poll_wait(context, deadline).map(Err),
        }
    }

    /// Reads the bytes that have arrived, and does not wait for the client; `None` at the end of the stream.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Option<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            if ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer)).is_err() {
                return Poll::Ready(None);
            }
            self.input.extend_from_slice(buffer.filled());
            Poll::Ready(Some(buffer.filled().len()).filter(|length| *length != 0))
        })
    }

    /// Writes all of `output`.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        output: &mut Output,
    ) -> Poll<Result<(), Interruption>> {
        while output.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 2];
            let count = output.chunks_vectored(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            match Pin::new(&mut self.io).poll_write_vectored(context, slices) {
                Poll::Ready(Ok(written @ 1..)) => output.advance(written),
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(Interruption::Gone)),
                Poll::Pending => {
                    self.hold_with(output.own_memory());
                    let deadline = output.deadline(self.timeouts);
                    return self.poll_wait(context, Some(deadline)).map(Err);
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for the client until something interrupts the wait; the socket wakes the task, too.
    fn poll_wait(&mut self, context: &mut Context<'_>, deadline: Option<Instant>) -> Poll<Interruption> {
        self.registration.begin_wait();
        self.registration.register(context.waker());
        if self.registration.is_evicted() {
            return Poll::Ready(Interruption::Evicted);
        }
        match deadline {
            Some(deadline) => self.timer.poll(context, deadline).map(|()| Interruption::Timeout),
            None => Poll::Pending,
        }
    }

    /// Notes that the connection does not wait for its client: it holds no counted memory and cannot be evicted.
    pub(super) fn end_wait(&mut self) {
        self.registration.end_wait();
        self.hold(0);
    }

    /// Notes that the connection waits with its request, its unread bytes, and `more` bytes.
    pub(super) fn hold_with(&mut self, more: usize) {
        self.hold(self.request_memory + self.input.capacity() + more);
    }

    /// Notes the memory that the connection holds for its client.
    fn hold(&mut self, bytes: usize) {
        if bytes != self.held {
            self.held = bytes;
            self.registration.hold(bytes);
        }
    }

    /// Makes the following close discard what the client has not received.
    pub(super) fn abort(&self) {
        self.io.abort();
    }
}
