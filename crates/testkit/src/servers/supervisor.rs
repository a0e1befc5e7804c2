//! Server processes that stop when the test process ends, also after a crash.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

/// The script of a supervisor process.
///
/// It starts the program, prints its process id, and reads standard input until end of file, which comes when the test
/// process has ended. Then it stops the program, even if it is frozen, and removes its folder.
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

/// The user id and group id of a system user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// The user that PostgreSQL and `PgBouncer` run as; `None` for the user of the test. Both do not run as root.
    pub(super) fn of_postgres() -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        let account = Self::named("postgres");
        Some(account.expect("the user `postgres` does not exist: run `apt-get install postgresql`"))
    }

    /// Looks up a user by name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let users = fs::read_to_string("/etc/passwd").ok()?;
        let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let found = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
        Some(Self { user: found.get(2)?.parse().ok()?, group: found.get(3)?.parse().ok()? })
    }
}

/// A server program and its supervisor processes.
#[derive(Debug)]
pub(super) struct ServerProcess {
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// The working folder, which is removed at the end.
    pub(super) folder: TempDir,
    /// The user that it runs as, if it is not the user of the test.
    pub(super) account: Option<Account>,
    /// The signal that stops it immediately, with cleanup.
    pub(super) stop: &'static str,
    running: Mutex<Option<Running>>,
    /// The supervisors of killed servers. They remove the folder, so they run until the end.
    finished: Mutex<Vec<Supervisor>>,
}

#[derive(Debug)]
struct Running {
    supervisor: Supervisor,
    server: Pid,
}

#[derive(Debug)]
struct Supervisor {
    child: Child,
    stdin: ChildStdin,
}

impl ServerProcess {
    pub(super) fn new(
        command: Vec<String>,
        folder: TempDir,
        account: Option<Account>,
        stop: &'static str,
    ) -> Self {
        Self { command, folder, account, stop, running: Mutex::default(), finished: Mutex::default() }
    }

    /// Starts the server. It may not be ready yet: the caller waits until it answers.
    pub(super) fn start(&self) {
        let mut supervisor = Command::new("sh");
        supervisor.args(["-c", SCRIPT, "supervisor"]).arg(self.folder.path()).arg(self.log()).arg(self.stop);
        supervisor.args(&self.command).current_dir(self.folder.path());
        if let Some(account) = self.account {
            supervisor.uid(account.user).gid(account.group);
        }
        supervisor.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = supervisor.spawn().expect("a shell");
        let stdin = child.stdin.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a process id");
        let server = line.trim().parse().ok().and_then(Pid::from_raw).expect("a process id");
        let supervisor = Supervisor { child, stdin };
        *self.running.lock().expect("no panic") = Some(Running { supervisor, server });
    }

    /// Sends a signal to the server.
    pub(super) fn signal(&self, signal: Signal) {
        let running = self.running.lock().expect("no panic");
        let server = running.as_ref().expect("a running server").server;
        kill_process(server, signal).expect("a running child of ours");
    }

    /// Kills the server, as a power failure would. It can be started again.
    pub(super) fn kill(&self) {
        let Some(running) = self.running.lock().expect("no panic").take() else { return };
        // An error means that the server has already ended.
        let _ = kill_process(running.server, Signal::KILL);
        // Until then it may have its port, and the next start would fail.
        assert!(wait_until(|| has_ended(running.server)), "a killed server does not end");
        self.finished.lock().expect("no panic").push(running.supervisor);
    }

    /// Returns whether the server was started and not killed since.
    pub(super) fn is_running(&self) -> bool {
        self.running.lock().expect("no panic").is_some()
    }

    /// Returns the process id of the server.
    pub(super) fn id(&self) -> u32 {
        let running = self.running.lock().expect("no panic");
        running.as_ref().expect("a running server").server.as_raw_nonzero().get().cast_unsigned()
    }

    /// Returns the path of the server log.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Supervisor {
    /// Stops the server and removes its folder.
    fn finish(self) {
        let Self { mut child, stdin } = self;
        drop(stdin);
        let _ = child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let running = self.running.lock().ok().and_then(|mut running| running.take());
        let finished = self.finished.lock().map(|mut finished| std::mem::take(&mut *finished));
        let supervisors =
            running.map(|running| running.supervisor).into_iter().chain(finished.unwrap_or_default());
        supervisors.for_each(Supervisor::finish);
    }
}

/// Returns whether a process has ended, even if its parent does not know yet.
pub(super) fn has_ended(process: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    state.map_or(true, |state| state.contains(") Z "))
}

/// Creates a folder that `account` owns, in memory if possible.
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

/// Polls `condition` until it holds, for at most half a minute; returns whether it held.
pub(super) fn wait_until(condition: impl Fn() -> bool) -> bool {
    (0..3_000).any(|_| {
        let holds = condition();
        if !holds {
            pause();
        }
        holds
    })
}

#[expect(clippy::disallowed_methods, reason = "tests start their servers before the async runtime")]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

/// Returns the last lines of a server log, for error messages.
pub(super) fn last_lines(log: &Path) -> String {
    let text = File::open(log).and_then(std::io::read_to_string).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
