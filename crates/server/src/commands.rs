//! The commands of the command line.

mod administration;
mod arguments;
mod backup;
mod changes;
mod configuration;
mod doctor;
mod events;
mod healthcheck;
mod key;
mod limit;
mod migrate;
mod output;
mod package_files;
mod session;
mod setting_checks;
mod table;
mod user;

use tokio::runtime::Builder;

use crate::cli::{Cli, Command, KeyCommand};
use crate::command_error::CommandError;
use crate::compose;
use crate::config::{Settings, Sources};
use crate::reload::Hangups;
use crate::traces::Traces;
use crate::{audit, diagnostics, logging, serve};
use administration::Administration;
use changes::changes_something;

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> Result<(), CommandError> {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::PackageFiles { folder } = &command {
        return package_files::run(folder);
    }
    // Requests run on the runtimes of the workers; one thread is enough for everything else.
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::Failed(format!(
            "the asynchronous runtime cannot start: {error}; check the limit on open files"
        ))
    })?;
    let hangups = runtime.block_on(async { hangups(&command) })?;
    let sources = Sources::read(cli.config.as_deref(), std::env::vars_os());
    if let Command::Healthcheck { live } = command {
        return runtime.block_on(healthcheck::run(&sources, live));
    }
    // `config show` works although some settings are invalid, so it reads them itself.
    if let Command::Config(command) = &command {
        return configuration::run(&sources, command);
    }
    let settings = sources.settings(compose::problems)?;
    let traces = traces(&command)?;
    let _log = logging::start(&settings.log, traces.as_ref())?;
    diagnostics::log("settings", traces.as_ref().map_or(&[], Traces::warnings));
    if changes_something(&command) {
        audit::start(&settings.audit)?;
    }
    // Dropped before the log, which is dropped after everything that logs.
    let (_traces, runtime) = (traces, runtime);
    let is_server = matches!(command, Command::Serve);
    let done = runtime.block_on(dispatch(settings, sources, hangups, command));
    let recorded = audit::finish();
    // A shutdown succeeds whatever the audit stream does; a command does not.
    if is_server { done } else { done.and(recorded) }
}

/// Receives SIGHUP before the settings are read, so that an early one does not end the server.
fn hangups(command: &Command) -> Result<Hangups, CommandError> {
    match command {
        Command::Serve => Hangups::listen(),
        _ => Ok(Hangups::default()),
    }
}

/// Starts the exporter of traces. Only the server has requests to trace.
fn traces(command: &Command) -> Result<Option<Traces>, CommandError> {
    match command {
        Command::Serve => Traces::start(std::env::vars_os()),
        _ => Ok(None),
    }
}

async fn dispatch(
    settings: Settings,
    sources: Sources,
    hangups: Hangups,
    command: Command,
) -> Result<(), CommandError> {
    match command {
        Command::Serve => serve::serve(settings, sources, hangups).await,
        Command::Migrate => migrate::run(&settings).await,
        Command::Doctor { json } => doctor::run(&settings, json).await,
        // The next three run before the settings are read.
        Command::Healthcheck { live } => healthcheck::run(&sources, live).await,
        Command::PackageFiles { folder } => package_files::run(&folder),
        Command::Config(command) => configuration::run(&sources, &command),
        Command::Backup { file } => backup::run(&settings, &file),
        Command::Key(KeyCommand::Rotate) => key::rotate(&settings),
        Command::User(command) => user::run(&settings, command).await,
        Command::Session(command) => session::run(&Administration::open(&settings)?, command).await,
        Command::Limit(command) => limit::run(&Administration::open(&settings)?, command).await,
    }
}
