//! The target of the log, which may be full, broken or stuck.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};

use super::line_counts::LineCounts;

/// A writer that counts errors of its target instead of returning them.
///
/// After a line could be written again, it reports the number of dropped lines.
pub(super) struct LogTarget<T, R> {
    target: T,
    lines: Arc<LineCounts>,
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
        Self { target, lines, report, reported: 0, works: true, is_incomplete: false }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_incomplete {
            self.write_part(b"\n")?;
        }
        self.write_part(line)
    }

    fn write_part(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.target.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => {
                    rest = rest.get(length..).unwrap_or_default();
                    self.is_incomplete = !rest.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program made the descriptor non-blocking. Only this thread waits.
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait_until_writable()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn wait_until_writable(&self) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.target, PollFlags::OUT)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl<T: Write + AsFd, R: FnMut(u64, u64)> Write for LogTarget<T, R> {
    /// Takes one whole line from the log thread.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.works = self.write_line(line).is_ok();
        if self.works {
            self.lines.succeed();
        } else {
            self.lines.fail();
        }
        Ok(line.len())
    }

    /// The log thread calls this when the queue is empty.
    fn flush(&mut self) -> io::Result<()> {
        let dropped = self.lines.dropped();
        if self.works && dropped > self.reported {
            (self.report)(dropped - self.reported, dropped);
            self.reported = dropped;
        }
        self.lines.notify();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::{PipeWriter, Read, pipe};
    use std::os::fd::BorrowedFd;
    use std::thread;

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

    fn full_device() -> File {
        OpenOptions::new().write(true).open("/dev/full").unwrap()
    }

    // S-93
    #[test]
    fn failed_writes_are_counted_and_never_returned() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let lines = Arc::new(LineCounts::default());
        LogTarget::new(writer, lines.clone(), |_, _| panic!("broken pipe")).write_all(b"line\n").unwrap();
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
        reading.join().unwrap();
        assert_eq!(lines.dropped(), 0);
    }
}
