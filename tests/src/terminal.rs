//! Commands on a pseudo-terminal.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::Installation;
use crate::process::Process;

const LIMIT: Duration = Duration::from_secs(20);

/// Variables that change the output on a terminal. Those of this process must not reach the program.
const VARIABLES: [&str; 5] = ["CI", "CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR", "TERM"];

/// Runs the program with its output on a terminal; returns what the terminal received.
pub async fn on_terminal(
    installation: &Installation,
    variables: &[(&str, &str)],
    args: &[&str],
) -> Vec<String> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&terminal).expect("permissions of the pseudo-terminal");
    unlockpt(&terminal).expect("an unlocked pseudo-terminal");
    let name = ptsname(&terminal, Vec::new()).expect("the name of the pseudo-terminal");
    let name = name.to_str().expect("a path");
    let program_side = OpenOptions::new().read(true).write(true).open(name).expect("the side of the program");

    let process = {
        let mut command = installation.command(args);
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command.stdout(program_side.try_clone().expect("a copy")).stderr(program_side);
        Process::spawn_into(&mut command, "")
    };
    let mut screen = File::from(terminal);
    let reader = thread::spawn(move || {
        let (mut received, mut part) = (Vec::new(), [0; 4_096]);
        // Reading fails when the program has ended.
        while let Ok(length @ 1..) = screen.read(&mut part) {
            received.extend_from_slice(&part[..length]);
        }
        String::from_utf8(received).expect("UTF-8")
    });
    process.finish(LIMIT).await;
    let received = reader.join().expect("a reader that only reads");
    received.lines().map(str::to_owned).collect()
}
