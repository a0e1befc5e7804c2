//! The target of the log, which may be full, broken or stuck.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;
use std::{mem, thread};

use super::line_counts::LineCounts;
use crate::writable::wait_until_writable;

/// The most bytes in one write, unless one line is longer. A pipe takes so many at once, so lines of several writers do not mix
/// (`PIPE_BUF`).
const MAX_WRITE: usize = 4_096;
/// The time in which lines gather after the queue was empty. The log thread sleeps meanwhile, so a caller does not have to wake
/// it for its line.
const PAUSE: Duration = Duration::from_millis(2);

/// A writer that counts errors of its target instead of returning them. It writes several lines at once.
///
/// After a line could be written again, it reports the number of dropped lines.
pub(super) struct LogTarget<T, R> {
    target: T,
    lines: Arc<LineCounts>,
    /// Whole lines that are not written yet.
    buffer: Vec<u8>,
    /// The number of lines in the buffer.
    buffered: u64,
    /// Receives the number of lines dropped since the last report, and since the start.
    report: R,
    reported: u64,
    /// Whether the last line was written.
    works: bool,
    /// Whether the last line is incomplete. The next line then starts with a line break.
    is_incomplete: bool,
}

impl<T: Write + AsFd, R: FnMut(u64, u64)> LogTarget<T, R> {
    pub(super) const fn new(target: T, lines: Arc<LineCounts>, report: R) -> Self {
        Self {
            target,
            lines,
            buffer: Vec::new(),
            buffered: 0,
            report,
            reported: 0,
            works: true,
            is_incomplete: false,
        }
    }

    /// Writes the lines in the buffer, and counts them. After an error, the rest of them is dropped.
    fn write_buffer(&mut self) {
        let buffer = mem::take(&mut self.buffer);
        if buffer.is_empty() {
            return;
        }
        let (mut rest, lines) = (buffer.as_slice(), mem::take(&mut self.buffered));
        self.works = self.write_lines(&mut rest).is_ok();
        let dropped = if self.works { 0 } else { lines.min(line_breaks(rest).max(1)) };
        self.lines.succeed(lines - dropped);
        self.lines.fail(dropped);
        self.buffer = buffer;
        self.buffer.clear();
    }

    /// Writes `rest`, and removes what was written from it.
    fn write_lines(&mut self, rest: &mut &[u8]) -> io::Result<()> {
        if self.is_incomplete {
            self.write_part(&mut b"\n".as_slice())?;
        }
        self.write_part(rest)
    }

    fn write_part(&mut self, rest: &mut &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.target.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => {
                    let (written, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    self.is_incomplete = !written.ends_with(b"\n");
                    *rest = after;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program made the descriptor non-blocking. Only this thread waits.
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_until_writable(&self.target)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn line_breaks(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

impl<T: Write + AsFd, R: FnMut(u64, u64)> Write for LogTarget<T, R> {
    /// Takes one whole line from the log thread.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + line.len() > MAX_WRITE {
            self.write_buffer();
        }
        self.buffer.extend_from_slice(line);
        self.buffered += 1;
        if self.buffer.len() >= MAX_WRITE {
            self.write_buffer();
        }
        Ok(line.len())
    }

    /// The log thread calls this when the queue is empty.
    #[expect(clippy::disallowed_methods, reason = "the thread of the log serves no request")]
    fn flush(&mut self) -> io::Result<()> {
        let before = self.lines.dropped();
        self.write_buffer();
        let dropped = self.lines.dropped();
        // If lines were dropped during the write, the queue is full and would drop the report, too. It is emptied next.
        if self.works && dropped > self.reported && dropped == before {
            (self.report)(dropped - self.reported, dropped);
            self.reported = dropped;
        }
        self.lines.notify();
        thread::sleep(PAUSE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::{PipeWriter, Read, pipe};
    use std::os::fd::BorrowedFd;

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    use super::*;

    /// Fails the writes with the listed numbers, after one byte.
    struct Failing {
        pipe: PipeWriter,
        turn: usize,
        fails: &'static [usize],
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.turn += 1;
            match self.fails.contains(&self.turn) {
                true if bytes.len() > 1 => self.pipe.write(&bytes[..1]),
                true => Err(ErrorKind::StorageFull.into()),
                false => self.pipe.write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl AsFd for Failing {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.pipe.as_fd()
        }
    }

    /// Notes the lengths of all writes.
    struct Counting {
        pipe: PipeWriter,
        writes: Vec<usize>,
    }

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes.push(bytes.len());
            self.pipe.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl AsFd for Counting {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.pipe.as_fd()
        }
    }

    fn full_device() -> File {
        OpenOptions::new().write(true).open("/dev/full").unwrap()
    }

    // S-93
    #[test]
    fn failed_writes_are_counted_and_never_returned() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let lines = Arc::new(LineCounts::default());
        let mut target = LogTarget::new(writer, lines.clone(), |_, _| panic!("broken pipe"));
        target.write_all(b"line\n").unwrap();
        target.flush().unwrap();
        let mut target = LogTarget::new(full_device(), lines.clone(), |_, _| panic!("full device"));
        target.write_all(b"line\n").unwrap();
        target.flush().unwrap();
        assert_eq!(lines.dropped(), 2);
    }

    // S-84, S-93
    #[test]
    fn the_line_after_an_incomplete_one_starts_with_a_line_break() {
        let (mut reader, pipe) = pipe().unwrap();
        // "a" of the first line, then an error; the second fails at its line break; the third is written.
        let target = Failing { pipe, turn: 0, fails: &[1, 2, 3] };
        let (lines, mut reports) = (Arc::new(LineCounts::default()), Vec::new());
        let mut target = LogTarget::new(target, lines, |count, total| reports.push((count, total)));
        for line in [b"ab".as_slice(), b"cd\n", b"ef\n", b"gh\n"] {
            target.write_all(line).unwrap();
            target.flush().unwrap();
        }
        drop(target);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a\nef\ngh\n");
        assert_eq!(reports, [(2, 2)]);
    }

    // S-93
    #[test]
    fn a_full_pipe_in_non_blocking_mode_is_waited_for() {
        let (mut reader, writer) = pipe().unwrap();
        fcntl_setfl(&writer, fcntl_getfl(&writer).unwrap() | OFlags::NONBLOCK).unwrap();
        let reading = thread::spawn(move || {
            let mut length = 0;
            let mut part = [0; 1_000];
            while length < 200_000 {
                length += reader.read(&mut part).unwrap();
            }
        });
        let lines = Arc::new(LineCounts::default());
        let mut target = LogTarget::new(writer, lines.clone(), |_, _| {});
        for _ in 0..200 {
            target.write_all(&[b'x'; 1_000]).unwrap();
        }
        target.flush().unwrap();
        reading.join().unwrap();
        assert_eq!(lines.dropped(), 0);
    }

    // S-93
    #[test]
    fn lines_are_written_several_at_once_and_counted_one_by_one() {
        let (mut reader, pipe) = pipe().unwrap();
        let target = Counting { pipe, writes: Vec::new() };
        let lines = Arc::new(LineCounts::default());
        let mut target = LogTarget::new(target, lines.clone(), |_, _| {});
        for _ in 0..100 {
            target.write_all(&[[b'x'; 99].as_slice(), b"\n"].concat()).unwrap();
        }
        target.flush().unwrap();
        assert_eq!(target.target.writes, [4_000, 4_000, 2_000]);
        assert_eq!(lines.dropped(), 0);
        let mut text = vec![0; 10_000];
        reader.read_exact(&mut text).unwrap();
        drop(reader);
        target.write_all(b"a\n").unwrap();
        target.write_all(b"b\n").unwrap();
        target.flush().unwrap();
        assert_eq!(lines.dropped(), 2);
    }
}
