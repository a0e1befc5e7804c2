//! What each command of the command line does.

mod doctor;
mod session;
mod user;

use std::io::{Write, stdout};
use std::time::Duration;

use auth_domain::model::{Email, RequestTime};
use auth_domain::ports::start_request;
use auth_domain::use_cases::ManageUsers;
use tokio::runtime::Runtime;

use crate::cli::{Cli, Command, LimitCommand, UserCommand};
use crate::compose::{self, Parts, Purpose, compose};
use crate::config::{self, Settings};
use crate::failure::{Failure, chain};
use crate::{logging, serve};

/// How long a command may take, a hash and a busy store included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let settings = config::load(cli.config.as_deref(), std::env::vars_os(), compose::problems)?;
    // Dropped last: after everything that logs.
    let _log = logging::start(&settings.log)?;
    let runtime = Runtime::new().map_err(|error| Failure::Startup(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::serve(settings).await,
            Command::Migrate => migrate(&settings).await,
            Command::Doctor => doctor::run(&settings).await,
            Command::User(command) => {
                let creates = matches!(command, UserCommand::Create(_));
                let _no_first_start = if creates { compose::no_first_start(&settings)? } else { None };
                user::run(&Admin::open(&settings)?, command).await
            }
            Command::Session(command) => session::run(&Admin::open(&settings)?, command).await,
            Command::Limit(command) => limit(&Admin::open(&settings)?, command).await,
        }
    })
}

/// What administrative commands work with.
struct Admin {
    parts: Parts,
    users: ManageUsers,
}

impl Admin {
    fn open(settings: &Settings) -> Result<Self, Failure> {
        let parts = compose(settings, Purpose::Administer)?;
        let users = ManageUsers {
            users: parts.users.clone(),
            hasher: parts.hasher.clone(),
            strength: parts.strength.clone(),
            sessions: parts.sessions.clone(),
            entropy: parts.entropy.clone(),
            policy: settings.password_policy(),
        };
        Ok(Self { parts, users })
    }

    fn request_time(&self) -> RequestTime {
        start_request(&*self.parts.clock, PATIENCE)
    }
}

async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let parts = compose(settings, Purpose::Migrate)?;
    for dependency in &parts.dependencies {
        let (name, request_time) = (dependency.name(), start_request(&*parts.clock, PATIENCE));
        let migrated = dependency.migrate(request_time).await;
        let done = migrated.map_err(|error| Failure::Command(format!("{name}: {}", chain(&error))))?;
        confirm(&format!("{name}: {done}"));
    }
    Ok(())
}

async fn limit(admin: &Admin, command: LimitCommand) -> Result<(), Failure> {
    let LimitCommand::Clear { email } = command;
    let key = admin.parts.limit_keys.email(&parse_email(&email)?);
    admin.parts.limiter.clear(key, admin.request_time()).await?;
    confirm("the failed logins counted on this email are forgotten");
    Ok(())
}

fn parse_email(text: &str) -> Result<Email, Failure> {
    Email::parse(text).map_err(|problem| Failure::Arguments(problem.to_string()))
}

/// Prints one line of the result that the command was called for.
fn say(line: &str) -> Result<(), Failure> {
    writeln!(stdout(), "{line}").map_err(|error| Failure::Command(format!("standard output: {error}")))
}

/// Prints one line about a change that was made. A closed or full standard output does not change the exit code.
fn confirm(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_email_is_a_mistake_in_the_arguments() {
        let failure = parse_email("owner.example.com").unwrap_err();
        assert!(matches!(failure, Failure::Arguments(_)), "{failure:?}");
        assert_eq!(failure.to_string(), "the email is not a valid address");
    }
}
