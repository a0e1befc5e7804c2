//! `migrate`

use auth_domain::ports::start_request;

use super::administration::TIMEOUT;
use super::output::confirm;
use crate::command_error::CommandError;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::error_chain::error_chain;

/// Migrates every configured store to the version of this program.
pub(super) async fn run(settings: &Settings) -> Result<(), CommandError> {
    let parts = compose(settings, Purpose::Migrate)?;
    for dependency in &parts.dependencies {
        let (name, request_time) = (dependency.name(), start_request(&*parts.clock, TIMEOUT));
        let migrated = dependency.migrate(request_time).await;
        let done =
            migrated.map_err(|error| CommandError::Failed(format!("{name}: {}", error_chain(&error))))?;
        confirm(&format!("{name}: {done}"));
    }
    Ok(())
}
