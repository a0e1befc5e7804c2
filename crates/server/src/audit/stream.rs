//! The bounded queue between the callers that publish events and the thread that writes their records.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::counts::Counts;
use super::message::Message;
use super::target::Target;
use super::writer::Writer;

/// The most records in the queue: about 4 MiB.
const MAX_RECORDS: usize = 8_192;
/// The number of waiting records beyond which those of repeatable events are lost. The rest of the queue is for the others, so
/// that a flood of rejections replaces no other record.
const MAX_REPEATABLE: u64 = 6_144;

/// A queue that accepts records without waiting, and counts those for which it has no place.
pub(super) struct Stream {
    queue: SyncSender<Message>,
    counts: Arc<Counts>,
}

impl Stream {
    /// Starts the thread that writes to `target`.
    ///
    /// # Errors
    /// If the system allows no thread.
    pub(super) fn start(target: Target) -> io::Result<Self> {
        let (queue, receiver): (_, Receiver<Message>) = sync_channel(MAX_RECORDS);
        let counts = Arc::new(Counts::default());
        let writer = Writer::new(target, counts.clone());
        thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&receiver))?;
        Ok(Self { queue, counts })
    }

    /// Queues a record of an event, which a client can or cannot repeat without limit.
    pub(super) fn offer(&self, line: Vec<u8>, is_repeatable: bool) {
        let has_place = !is_repeatable || self.counts.pending() < MAX_REPEATABLE;
        self.counts.offer();
        if !has_place || self.queue.try_send(Message::Record(line)).is_err() {
            self.counts.lose(1);
        }
    }

    /// Opens the file again. If the queue is full, the writer notices itself that the file was moved.
    pub(super) fn reopen(&self) {
        let _ = self.queue.try_send(Message::Reopen);
    }

    /// Returns the numbers of records.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}
