//! Child processes that never outlive the test process, however that ends.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Starts the program, tells its process id, and waits for the end of standard input: the system closes it
/// when the test process is gone. Then stops the program, a frozen one too, and removes its folder.
const SCRIPT: &str = r#"
folder=$1 log=$2 stop=$3
shift 3
"$@" </dev/null >>"$log" 2>&1 &
server=$!
echo "$server"
cat >/dev/null
kill -s "$stop" "$server" 2>/dev/null
kill -s CONT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

/// A user of the system, by number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// Looks a user up.
    pub(super) fn named(name: &str) -> Option<Self> {
        let users = fs::read_to_string("/etc/passwd").ok()?;
        let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let found = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
        Some(Self { user: found.get(2)?.parse().ok()?, group: found.get(3)?.parse().ok()? })
    }
}

/// What a server is started with.
#[derive(Debug)]
pub(super) struct Ward {
    /// The arguments, the program first.
    pub(super) command: Vec<String>,
    /// Removed in the end.
    pub(super) folder: TempDir,
    /// As whom it runs, where not as the test.
    pub(super) account: Option<Account>,
    /// The signal that stops it at once and cleanly.
    pub(super) stop: &'static str,
    running: Mutex<Option<Running>>,
    /// They remove the folder, so they stay until the end.
    retired: Mutex<Vec<Guardian>>,
}

#[derive(Debug)]
struct Running {
    guardian: Guardian,
    server: Pid,
}

#[derive(Debug)]
struct Guardian {
    child: Child,
    lifeline: ChildStdin,
}

impl Ward {
    pub(super) fn new(
        command: Vec<String>,
        folder: TempDir,
        account: Option<Account>,
        stop: &'static str,
    ) -> Self {
        Self { command, folder, account, stop, running: Mutex::default(), retired: Mutex::default() }
    }

    /// Starts the server; whoever calls waits until it answers.
    pub(super) fn start(&self) {
        let mut guardian = Command::new("sh");
        guardian.args(["-c", SCRIPT, "guardian"]).arg(self.folder.path()).arg(self.log()).arg(self.stop);
        guardian.args(&self.command).current_dir(self.folder.path());
        if let Some(account) = self.account {
            guardian.uid(account.user).gid(account.group);
        }
        guardian.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = guardian.spawn().expect("a shell");
        let lifeline = child.stdin.take().expect("a pipe");
        let mut told = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut told).expect("a process id");
        let server = told.trim().parse().ok().and_then(Pid::from_raw).expect("a process id");
        let guardian = Guardian { child, lifeline };
        *self.running.lock().expect("no panic") = Some(Running { guardian, server });
    }

    /// Sends a signal to the server.
    pub(super) fn signal(&self, signal: Signal) {
        let running = self.running.lock().expect("no panic");
        let server = running.as_ref().expect("a running server").server;
        kill_process(server, signal).expect("a running child of ours");
    }

    /// Kills the server as a power cut would; it can be started again.
    pub(super) fn kill(&self) {
        let Some(running) = self.running.lock().expect("no panic").take() else { return };
        // A server that has died already is as good.
        let _ = kill_process(running.server, Signal::KILL);
        self.retired.lock().expect("no panic").push(running.guardian);
    }

    /// Returns the process id of the server.
    pub(super) fn id(&self) -> u32 {
        let running = self.running.lock().expect("no panic");
        running.as_ref().expect("a running server").server.as_raw_nonzero().get().cast_unsigned()
    }

    /// Returns where the server writes what it has to say.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Guardian {
    /// Lets it do its duty, and waits until that is done.
    fn dismiss(self) {
        let Self { mut child, lifeline } = self;
        drop(lifeline);
        let _ = child.wait();
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        let running = self.running.lock().ok().and_then(|mut running| running.take());
        let retired = self.retired.lock().map(|mut retired| std::mem::take(&mut *retired));
        let guardians =
            running.map(|running| running.guardian).into_iter().chain(retired.unwrap_or_default());
        guardians.for_each(Guardian::dismiss);
    }
}

/// Makes a folder that `account` owns, in memory where that is possible.
pub(super) fn folder(account: Option<Account>) -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("hooksentry-auth-server-");
    let folder = if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() };
    let folder = folder.expect("a folder");
    if let Some(Account { user, group }) = account {
        std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).expect("a test that runs as root");
    }
    folder
}

/// Asks again and again whether a server answers; returns whether it did within half a minute.
pub(super) fn answers_in_time(answers: impl Fn() -> bool) -> bool {
    (0..3_000).any(|_| {
        let answered = answers();
        if !answered {
            pause();
        }
        answered
    })
}

#[expect(clippy::disallowed_methods, reason = "tests start their servers before anything async runs")]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

/// Reads the end of a server's log, for messages.
pub(super) fn end_of(log: &Path) -> String {
    let text = File::open(log).and_then(std::io::read_to_string).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
