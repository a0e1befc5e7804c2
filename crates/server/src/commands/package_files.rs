//! `package-files`, which packagers run.

use std::fs::create_dir_all;
use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::command_error::CommandError;

const NAME: &str = "hooksentry-auth";

/// Writes the manual pages and the completions of bash, fish and zsh into a folder.
pub(super) fn run(folder: &Path) -> Result<(), CommandError> {
    write(folder).map_err(|error| {
        CommandError::Failed(format!("{}: {error}; name a folder that can be written", folder.display()))
    })
}

fn write(folder: &Path) -> io::Result<()> {
    let (manual, completions) = (folder.join("man"), folder.join("completions"));
    create_dir_all(&manual)?;
    create_dir_all(&completions)?;
    clap_mangen::generate_to(Cli::command(), manual)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut Cli::command(), NAME, &completions)?;
    }
    Ok(())
}
