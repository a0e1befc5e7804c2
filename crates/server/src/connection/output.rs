//! Bytes that are being written to the client.

use std::io::IoSlice;

use actix_web::web::{Buf, Bytes, BytesMut};
use tokio::time::Instant;

use super::limits::Timeouts;
use super::timer::now;

/// A head, or a part of one, and the body after it, written together without a copy into one buffer.
pub(super) struct Output {
    head: BytesMut,
    body: Bytes,
    /// The deadline for any further byte; `None` before the first wait.
    progress: Option<Instant>,
    /// The deadline for the last byte; `None` before the first wait.
    whole: Option<Instant>,
}

impl Output {
    pub(super) fn new(head: BytesMut, body: Bytes) -> Self {
        Self { head, body, progress: None, whole: None }
    }

    /// Returns the memory that is freed with this output. Static assets and shared bodies do not count.
    pub(super) fn own_memory(&self) -> usize {
        let body = if self.body.is_unique() { self.body.len() } else { 0 };
        self.head.len() + body
    }

    /// Returns the deadline of a wait for the client: a short time for any progress, and a time that grows with the size
    /// for the whole (S-74).
    pub(super) fn deadline(&mut self, timeouts: Timeouts) -> Instant {
        let (now, remaining) = (now(), self.remaining());
        let progress = *self.progress.get_or_insert_with(|| now + timeouts.write);
        let whole = *self.whole.get_or_insert_with(|| now + timeouts.whole_write(remaining));
        progress.min(whole)
    }

    /// Returns the remaining bytes as slices for a vectored write.
    pub(super) fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let parts = [self.head.as_ref(), self.body.as_ref()].into_iter().filter(|part| !part.is_empty());
        let filled = slices.iter_mut().zip(parts).map(|(slice, part)| *slice = IoSlice::new(part));
        filled.count()
    }

    pub(super) fn has_remaining(&self) -> bool {
        self.remaining() != 0
    }

    pub(super) fn remaining(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Removes the bytes that were written.
    pub(super) fn advance(&mut self, written: usize) {
        let of_head = written.min(self.head.len());
        self.head.advance(of_head);
        self.body.advance((written - of_head).min(self.body.len()));
        self.progress = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn output(head: &'static [u8], body: Bytes) -> Output {
        Output::new(BytesMut::from(head), body)
    }

    #[test]
    fn head_and_body_are_written_as_two_slices_without_a_copy() {
        let mut output = output(b"head", Bytes::from_static(b"body"));
        for (written, left) in
            [(0, vec!["head", "body"]), (3, vec!["d", "body"]), (2, vec!["ody"]), (3, vec![])]
        {
            output.advance(written);
            let mut slices = [IoSlice::new(&[]); 2];
            let count = output.chunks_vectored(&mut slices);
            let parts: Vec<_> = slices[..count].iter().map(|slice| str::from_utf8(slice).unwrap()).collect();
            assert_eq!(parts, left);
        }
        assert!(!output.has_remaining());
    }

    #[test]
    fn static_and_shared_memory_does_not_count() {
        assert_eq!(output(b"head", Bytes::from_static(b"asset")).own_memory(), 4);
        assert_eq!(output(b"head", Bytes::from(vec![0; 100])).own_memory(), 104);
        let shared = Bytes::from(vec![0; 100]);
        assert_eq!(output(b"head", shared.clone()).own_memory(), 4);
    }

    // S-74
    #[tokio::test(start_paused = true)]
    async fn progress_never_moves_the_deadline_of_the_whole_write() {
        let timeouts = Timeouts::new(Duration::from_secs(75));
        let start = now();
        let mut output = output(b"", Bytes::from(vec![0; 128 * 1_024]));
        assert_eq!(output.deadline(timeouts), start + Duration::from_secs(5));
        for _ in 0..2 {
            tokio::time::advance(Duration::from_secs(3)).await;
            output.advance(1);
            output.deadline(timeouts);
        }
        assert_eq!(output.deadline(timeouts), start + Duration::from_secs(7));
    }
}
