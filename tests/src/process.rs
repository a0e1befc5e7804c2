//! A running program with its output.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock::holds_within;

/// Output comes through a pipe, a moment later than the response that it belongs to.
const OUTPUT_LIMIT: Duration = Duration::from_secs(15);

type Captured = Arc<Mutex<Vec<u8>>>;

/// A child process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Captured,
    stderr: Captured,
    readers: Vec<JoinHandle<()>>,
}

/// The result of a program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Process {
    /// Starts `command`, gives it `input`, and begins to collect its output.
    pub fn spawn(command: &mut Command, input: &str) -> Self {
        Self::spawn_into(command.stdout(Stdio::piped()).stderr(Stdio::piped()), input)
    }

    /// Starts `command` with its own standard output and standard error, and collects those that are pipes to this
    /// process.
    pub fn spawn_into(command: &mut Command, input: &str) -> Self {
        let spawned = command.stdin(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?} cannot start: {error}"));
        // A program that reads no input may have ended.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let mut process =
            Self { child, stdout: Captured::default(), stderr: Captured::default(), readers: Vec::new() };
        if let Some(pipe) = process.child.stdout.take() {
            process.readers.push(collect(pipe, &process.stdout));
        }
        if let Some(pipe) = process.child.stderr.take() {
            process.readers.push(collect(pipe, &process.stderr));
        }
        process
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns standard output so far.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// Returns standard error so far.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// Waits until standard output contains `text`, and returns standard output.
    pub async fn prints(&self, text: &str) -> String {
        holds_within(OUTPUT_LIMIT, || self.stdout().contains(text)).await;
        self.stdout()
    }

    /// Waits for a log line with all of `parts`; returns whether there was one.
    pub async fn logs(&self, parts: &[&str]) -> bool {
        let has_all = |line: &str| parts.iter().all(|part| line.contains(part));
        holds_within(OUTPUT_LIMIT, || self.stderr().lines().any(has_all)).await
    }

    /// Returns whether the program runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(id, signal).expect("a running child of ours");
    }

    /// Waits for the end of the program; fails the test after `limit`.
    pub async fn finish(mut self, limit: Duration) -> Finished {
        let ended = holds_within(limit, || !self.is_running()).await;
        assert!(ended, "still running after {limit:?}:\n{}{}", self.stdout(), self.stderr());
        let status = self.child.wait().expect("a child of ours");
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader that only reads");
        }
        Finished { status, stdout: self.stdout(), stderr: self.stderr() }
    }

    /// Kills the program, as a power failure would.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child of ours");
        self.child.wait().expect("a child of ours");
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "shown by the test harness when a test fails")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.stderr();
            let start = log.len().saturating_sub(4_000);
            eprintln!(
                "--- end of the log of process {} ---\n{}",
                self.id(),
                log.get(start..).unwrap_or(&log)
            );
        }
    }
}

impl Finished {
    /// Returns the exit code; a program killed by a signal has none.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Checks that the program succeeded, and returns standard output.
    pub fn expect_success(self) -> String {
        assert!(self.status.success(), "{self:?}");
        self.stdout
    }

    /// Checks that the program failed without a panic or signal, and returns standard error.
    pub fn expect_failure(self) -> String {
        assert!(self.code().is_some_and(|code| code != 0), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self.stderr
    }
}

fn collect(mut pipe: impl Read + Send + 'static, captured: &Captured) -> JoinHandle<()> {
    let copy = Arc::clone(captured);
    thread::spawn(move || {
        let mut part = [0; 8_192];
        while let Ok(length @ 1..) = pipe.read(&mut part) {
            copy.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&part[..length]);
        }
    })
}

fn text(captured: &Captured) -> String {
    String::from_utf8_lossy(&captured.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
