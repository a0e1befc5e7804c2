//! Load from `wrk`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::output::{self, Load};
use crate::users::{PASSWORD, USERS};

const REPORT: &str = include_str!("scripts/report.lua");
const TOKENS: &str = include_str!("scripts/tokens.lua");

/// The scripts, in a folder where `wrk` can read them.
pub(crate) struct Wrk {
    folder: PathBuf,
    threads: usize,
}

/// The kind of request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Script {
    Get,
    Login,
    Refresh,
    Logout,
}

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) script: Script,
    /// The URL for [`Script::Get`]; for the others, only host and port are used.
    pub(crate) url: String,
    pub(crate) connections: usize,
    pub(crate) seconds: u32,
    /// The bearer token of [`Script::Get`].
    pub(crate) bearer: Option<&'a str>,
    /// The file of [`Script::Refresh`] and [`Script::Logout`], without the number of the thread.
    pub(crate) tokens: Option<&'a Path>,
    /// The milliseconds that a connection of [`Script::Login`] waits on average before each request.
    pub(crate) pace: Option<f64>,
}

impl Wrk {
    /// Writes the scripts into `folder`.
    pub(crate) fn new(folder: &Path, threads: usize) -> Self {
        for script in [Script::Get, Script::Login, Script::Refresh, Script::Logout] {
            fs::write(folder.join(script.file()), script.text()).expect("a writable folder");
        }
        Self { folder: folder.to_owned(), threads }
    }

    /// The number of threads, each of which reads a file of tokens of its own.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `wrk`; every response must be a 2xx.
    pub(crate) fn run(&self, run: &Run<'_>) -> Load {
        let load = Self::finish(self.start(run));
        assert!(
            load.rejected + load.failed < 1.0,
            "{:?} on {}: {} responses of 400 or more, {} failed or took over 2 s",
            run.script,
            run.url,
            load.rejected,
            load.failed
        );
        load
    }

    /// Starts `wrk` without waiting for its end.
    pub(crate) fn start(&self, run: &Run<'_>) -> Child {
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", &self.threads.to_string(), "--connections", &run.connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", run.seconds), "--script"]);
        wrk.arg(self.folder.join(run.script.file())).arg(&run.url);
        if let Some(bearer) = run.bearer {
            wrk.args(["--header", &format!("Authorization: Bearer {bearer}")]);
        }
        if let Some(tokens) = run.tokens {
            wrk.env("BENCH_TOKENS", tokens);
        }
        if let Some(pace) = run.pace {
            wrk.env("BENCH_PACE", pace.to_string());
        }
        wrk.env("BENCH_USERS", USERS.to_string()).env("BENCH_PASSWORD", PASSWORD);
        let started = wrk.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        started.unwrap_or_else(|error| panic!("wrk cannot start ({error}): run `apt-get install wrk`"))
    }

    /// Waits for the end of a run, whose responses may be of any status.
    pub(crate) fn finish(child: Child) -> Load {
        let output = child.wait_with_output().expect("wrk ends");
        let text = String::from_utf8_lossy(&output.stdout);
        output::wrk(&text).unwrap_or_else(|| panic!("wrk printed no result: {text}"))
    }
}

impl Script {
    fn file(self) -> &'static str {
        match self {
            Self::Get => "get.lua",
            Self::Login => "login.lua",
            Self::Refresh => "refresh.lua",
            Self::Logout => "logout.lua",
        }
    }

    fn text(self) -> String {
        match self {
            Self::Get => REPORT.to_owned(),
            Self::Login => [include_str!("scripts/login.lua"), REPORT].concat(),
            Self::Refresh => [TOKENS, include_str!("scripts/refresh.lua"), REPORT].concat(),
            Self::Logout => [TOKENS, include_str!("scripts/logout.lua"), REPORT].concat(),
        }
    }
}
