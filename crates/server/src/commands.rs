//! The commands of the command line.

mod administration;
mod arguments;
mod backup;
mod doctor;
mod events;
mod key;
mod limit;
mod migrate;
mod output;
mod session;
mod user;

use tokio::runtime::Builder;

use crate::cli::{Cli, Command, KeyCommand};
use crate::command_error::CommandError;
use crate::compose;
use crate::config::{self, Settings};
use crate::{logging, serve};
use administration::Administration;

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> Result<(), CommandError> {
    let settings = config::load(cli.config.as_deref(), std::env::vars_os(), compose::problems)?;
    // Dropped last: after everything that logs.
    let _log = logging::start(&settings.log)?;
    // Requests run on the runtimes of the workers; one thread is enough for everything else.
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::Failed(format!(
            "the asynchronous runtime cannot start: {error}; check the limit on open files"
        ))
    })?;
    runtime.block_on(dispatch(settings, cli.command.unwrap_or(Command::Serve)))
}

async fn dispatch(settings: Settings, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Serve => serve::serve(settings).await,
        Command::Migrate => migrate::run(&settings).await,
        Command::Doctor => doctor::run(&settings).await,
        Command::Backup { file } => backup::run(&settings, &file),
        Command::Key(KeyCommand::Rotate) => key::rotate(&settings),
        Command::User(command) => user::run(&settings, command).await,
        Command::Session(command) => session::run(&Administration::open(&settings)?, command).await,
        Command::Limit(command) => limit::run(&Administration::open(&settings)?, command).await,
    }
}
