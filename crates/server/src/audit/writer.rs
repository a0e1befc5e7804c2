//! The thread that writes records, several at once.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use super::counts::Counts;
use super::message::Message;
use super::occurrence::{Actor, Details, Occurrence};
use super::record_line::record_line;
use super::security_event::SecurityEvent;
use super::source::Source;
use super::target::Target;

/// The size at which a batch takes no further record, in bytes.
const MAX_BATCH: usize = 256 * 1_024;
/// The time in which records gather after the queue was empty: one write and one sync for all of them.
const GATHER: Duration = Duration::from_millis(2);
/// The time between two attempts to write a batch.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The writer, which keeps a batch until it is written, and its records are safe.
pub(super) struct Writer {
    target: Target,
    counts: Arc<Counts>,
    batch: Vec<u8>,
    /// The number of records in the batch.
    records: u64,
    /// The number of lost records that the stream names.
    reported: u64,
}

impl Writer {
    pub(super) const fn new(target: Target, counts: Arc<Counts>) -> Self {
        Self { target, counts, batch: Vec::new(), records: 0, reported: 0 }
    }

    /// Writes what the queue has, until the process ends.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        while let Ok(first) = queue.recv() {
            self.take(first);
            pause(GATHER);
            while self.batch.len() < MAX_BATCH
                && let Ok(next) = queue.try_recv()
            {
                self.take(next);
            }
            self.write_batch();
            self.report_lost();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Record(line) => {
                self.batch.extend_from_slice(&line);
                self.records += 1;
            }
            Message::Reopen => {
                let followed = self.target.follow_path();
                self.note_if_kept(followed.unwrap_or_else(Some));
            }
        }
    }

    fn write_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let (mut written, mut kept) = (0, None);
        self.until_it_succeeds(|target| {
            kept = target.follow_path()?;
            let (length, result) = target.append(batch.get(written..).unwrap_or_default());
            written += length;
            result?;
            // After an error of the disk, any page may be lost, so the whole batch is written again.
            target.sync().inspect_err(|_| written = 0)
        });
        self.counts.succeed(std::mem::take(&mut self.records));
        self.note_if_kept(kept);
        self.batch = batch;
        self.batch.clear();
    }

    /// Keeps the error because of which the file that is open stays in use.
    fn note_if_kept(&self, error: Option<io::Error>) {
        if let Some(error) = error {
            self.counts.fail(format!("the file was moved and cannot be opened again: {error}"));
        }
    }

    /// Writes how many records were lost since the last report.
    fn report_lost(&mut self) {
        let lost = self.counts.lost();
        if lost == self.reported {
            return;
        }
        let (count, total) = (Some(lost - self.reported), Some(lost));
        let event = Occurrence::new(SecurityEvent::AuditEventsLost, Actor::Service);
        let event = event.reason(&"queue_full").details(Details { count, total, ..Details::default() });
        self.batch.extend_from_slice(&record_line(&event, &Source::Service));
        self.reported = lost;
        self.write_batch();
    }

    fn until_it_succeeds(&mut self, mut action: impl FnMut(&mut Target) -> io::Result<()>) {
        while let Err(error) = action(&mut self.target) {
            self.counts.fail(error.to_string());
            pause(RETRY_AFTER);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread of the audit stream serves no request")]
fn pause(time: Duration) {
    thread::sleep(time);
}
