//! Commands that change something.

use crate::cli::{Command, KeyCommand, LimitCommand, SessionCommand, UserCommand};

/// Returns whether a command causes security events.
pub(super) const fn changes_something(command: &Command) -> bool {
    match command {
        Command::Serve | Command::Key(KeyCommand::Rotate) => true,
        Command::Migrate
        | Command::Doctor { .. }
        | Command::Config(_)
        | Command::Healthcheck { .. }
        | Command::PackageFiles { .. }
        | Command::Backup { .. } => false,
        Command::User(command) => !matches!(command, UserCommand::List { .. }),
        Command::Session(command) => !matches!(command, SessionCommand::List { .. }),
        Command::Limit(command) => !matches!(command, LimitCommand::List { .. }),
    }
}
