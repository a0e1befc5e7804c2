//! The service as a child process.

use std::env;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use auth_testkit::servers::Port;

use crate::measures::Variant;
use crate::output::status_mib;
use crate::pause::{pause, wait_until};
use crate::stores::Stores;

const PREFIX: &str = "HOOKSENTRY_AUTH__";
/// The time between the start of a service and the measurement of its idle memory.
const IDLE: Duration = Duration::from_secs(1);

/// A running service; killed when dropped.
pub(crate) struct Service {
    child: Child,
    port: Port,
    /// Resident memory before the first request, in MiB.
    pub(crate) idle_mib: f64,
}

impl Service {
    /// Starts the service on a port of its own, without limits on refreshes.
    pub(crate) fn start(stores: &Stores, key: &str, folder: &Path, variant: Variant) -> Self {
        let port = Port::take();
        let address = format!("127.0.0.1:{}", port.number);
        let mut command = command(stores, key, folder, variant == Variant::OneCore);
        command.env(format!("{PREFIX}HTTP__LISTEN"), &address).arg("serve");
        for (name, value) in variant.settings() {
            command.env(format!("{PREFIX}{name}"), value);
        }
        let log = folder.join(format!("service-{}.log", port.number));
        let output = File::create(&log).expect("a writable folder");
        command.stdout(output.try_clone().expect("a file")).stderr(output).stdin(Stdio::null());
        let mut child = command.spawn().expect("the service starts");
        // A connection, because a request would take memory.
        let started = wait_until(|| TcpStream::connect(&address).is_ok());
        assert!(
            started && child.try_wait().is_ok_and(|status| status.is_none()),
            "the service does not start:\n{}",
            fs::read_to_string(&log).unwrap_or_default()
        );
        pause(IDLE);
        let idle_mib = memory(child.id(), "VmRSS");
        Self { child, port, idle_mib }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.number)
    }

    /// Returns the highest resident memory so far, in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        memory(self.id(), "VmHWM")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates the tables.
pub(crate) fn migrate(stores: &Stores, key: &str, folder: &Path) {
    let output = command(stores, key, folder, false).arg("migrate").output().expect("the program runs");
    assert!(output.status.success(), "migrate: {}", String::from_utf8_lossy(&output.stderr));
}

/// The program with all settings but the address. `BENCH_BINARY` names another build of it.
fn command(stores: &Stores, key: &str, folder: &Path, on_one_core: bool) -> Command {
    let binary = env::var_os("BENCH_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_hooksentry-auth").into());
    let mut command = if on_one_core {
        let mut taskset = Command::new("taskset");
        taskset.args(["--cpu-list", "0"]).arg(binary);
        taskset
    } else {
        Command::new(binary)
    };
    let fixed = [
        ("ADMIN__LISTEN", ""),
        ("JWT__KEY", key),
        ("LOG__FILTER", "info"),
        ("LOGIN_LIMIT__EXEMPT", "127.0.0.1"),
        ("TOKENS__REFRESHES_PER_MINUTE", "0"),
        ("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0"),
    ];
    command.envs(fixed.map(|(name, value)| (format!("{PREFIX}{name}"), value)));
    command.envs(stores.settings().into_iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)));
    command.current_dir(folder);
    command
}

fn memory(id: u32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).expect("a running service");
    status_mib(&text, name).expect("a field of the kernel")
}
