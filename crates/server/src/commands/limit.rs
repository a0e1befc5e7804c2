//! `limit clear`

use super::administration::Administration;
use super::output::confirm;
use super::{arguments, events};
use crate::cli::LimitCommand;
use crate::command_error::CommandError;

/// Runs a command on the login limit.
pub(super) async fn run(admin: &Administration, command: LimitCommand) -> Result<(), CommandError> {
    let LimitCommand::Clear { email } = command;
    let key = admin.clear_login_limit.run(&arguments::email(&email)?, admin.request_time()).await?;
    events::login_limit_cleared(key);
    confirm("the failed logins of this email are forgotten");
    Ok(())
}
