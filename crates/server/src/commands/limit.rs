//! `limit clear` and `limit list`

use std::time::Duration;

use auth_domain::model::{ClientAddress, Email};
use auth_domain::ports::PortError;
use humantime::format_duration;

use super::administration::Administration;
use super::output::confirm;
use super::table::{Cell, Table};
use super::{arguments, events};
use crate::cli::LimitCommand;
use crate::command_error::CommandError;
use crate::error_chain::error_chain;
use crate::whole_seconds::whole_seconds_up;

/// Runs a command on the login limit.
pub(super) async fn run(admin: &Administration, command: LimitCommand) -> Result<(), CommandError> {
    match command {
        LimitCommand::List { email } => list(admin, &arguments::email(&email)?).await,
        LimitCommand::Clear { which } => match which.address {
            Some(address) => clear_address(admin, ClientAddress::new(address)).await,
            // clap requires exactly one of the two.
            None => clear_email(admin, &arguments::email(&which.email.unwrap_or_default())?).await,
        },
    }
}

async fn clear_email(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    let cleared = admin.login_limit.clear_email(email, admin.request_time()).await;
    events::email_limit_cleared(cleared.map_err(|error| not_cleared(&error))?);
    confirm("the failed logins and the known addresses of this email are forgotten");
    Ok(())
}

async fn clear_address(admin: &Administration, address: ClientAddress) -> Result<(), CommandError> {
    let cleared = admin.login_limit.clear_address(address, admin.request_time()).await;
    cleared.map_err(|error| not_cleared(&error))?;
    events::address_limit_cleared(address);
    confirm(&match address.network() {
        Some(network) => format!("the failed logins from {}/64 and {network}/48 are forgotten", address.ip()),
        None => format!("the failed logins from {} are forgotten", address.ip()),
    });
    Ok(())
}

async fn list(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    let (key, status) = admin.login_limit.status(email, admin.request_time()).await?;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let opens_in = status.opens_in.map(|wait| Duration::from_secs(whole_seconds_up(wait)));
    let opens_in = or_dash(opens_in.map(|wait| format_duration(wait).to_string()));
    let unknown = or_dash(status.daily.map(|daily| daily.unknown.to_string()));
    let known = or_dash(status.daily.map(|daily| daily.known.to_string()));
    let (failures, addresses) = (status.failures.to_string(), status.known_addresses.to_string());
    let mut table =
        Table::new(["EMAIL HASH", "FAILURES", "OPENS IN", "DAILY UNKNOWN", "DAILY KNOWN", "KNOWN ADDRESSES"]);
    let row = [key.to_string(), failures, opens_in, unknown, known, addresses];
    table.add(row.map(|text| Cell::new(&text)));
    table.print()
}

fn not_cleared(error: &PortError) -> CommandError {
    CommandError::Failed(format!(
        "the failed logins may not be forgotten; repeat the command: {}",
        error_chain(error)
    ))
}
