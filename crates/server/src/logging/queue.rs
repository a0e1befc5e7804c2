//! The bounded queue between the callers that log and the thread that writes.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder};
use tracing_subscriber::fmt::MakeWriter;

use super::line_counts::LineCounts;

/// The most lines in the queue. With [`MAX_LINE`] this limits the memory to 32 MiB.
const MAX_LINES: usize = 4_096;
/// The longest line in bytes. A longer line is dropped: if it were cut, it would not be valid JSON.
const MAX_LINE: usize = 8 * 1_024;

/// A queue that accepts lines without waiting, and drops and counts lines when it is full.
#[derive(Clone)]
pub(super) struct LogQueue {
    queue: NonBlocking,
    lines: Arc<LineCounts>,
}

impl LogQueue {
    /// Starts the thread that writes to `target`.
    pub(super) fn start(target: impl Write + Send + 'static, lines: Arc<LineCounts>) -> Self {
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_LINES);
        let (queue, guard) = builder.thread_name("log").finish(target);
        // When the guard is dropped, it prints to standard output if the queue is full, and panics if standard output is closed.
        // `LineCounts::wait_until_written` replaces it.
        mem::forget(guard);
        lines.watch_queue(queue.error_counter());
        Self { queue, lines }
    }
}

impl Write for LogQueue {
    /// Takes one whole line from the subscriber.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.offer();
        if line.len() > MAX_LINE {
            self.lines.fail(1);
            return Ok(line.len());
        }
        self.queue.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read, pipe};
    use std::time::Duration;

    use super::super::target::LogTarget;
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn start() -> (PipeReader, LogQueue) {
        let (reader, writer) = pipe().unwrap();
        let lines = Arc::new(LineCounts::default());
        let target = LogTarget::new(writer, lines.clone(), |_, _| {});
        (reader, LogQueue::start(target, lines))
    }

    // S-93
    #[test]
    fn a_stuck_target_drops_lines_beyond_the_queue() {
        let (mut reader, mut queue) = start();
        let line = [b"x".repeat(4_095), b"\n".to_vec()].concat();
        // The pipe holds 16 of these lines, the thread one, and the queue the rest.
        for _ in 0..MAX_LINES + 100 {
            assert_eq!(queue.write(&line).unwrap(), line.len());
        }
        assert!(queue.lines.dropped() >= 83, "{}", queue.lines.dropped());
        queue.lines.wait_until_written(Duration::from_millis(10));

        let kept = MAX_LINES + 100 - usize::try_from(queue.lines.dropped()).unwrap();
        let mut text = vec![0; kept * line.len()];
        reader.read_exact(&mut text).unwrap();
        assert!(text.chunks(line.len()).all(|written| written == line));
    }

    // S-93
    #[test]
    fn a_line_that_is_too_long_is_dropped() {
        let (mut reader, mut queue) = start();
        queue.write_all(&[b'x'; MAX_LINE + 1]).unwrap();
        queue.write_all(b"short\n").unwrap();
        queue.lines.wait_until_written(LONG);
        let mut text = [0; 100];
        let length = reader.read(&mut text).unwrap();
        assert_eq!((&text[..length], queue.lines.dropped()), (b"short\n".as_slice(), 1));
    }
}
