//! `user …`

use std::io::{Read, stdin};

use auth_domain::model::{Password, Role, TenantId};
use auth_domain::ports::UserListing;
use auth_domain::use_cases::{Changed, CreateUser};
use zeroize::{Zeroize, Zeroizing};

use super::administration::Administration;
use super::output::{confirm, print};
use super::{arguments, events};
use crate::cli::{CreateArgs, RoleArg, UserCommand};
use crate::command_error::CommandError;

/// Runs a command on users.
pub(super) async fn run(admin: &Administration, command: UserCommand) -> Result<(), CommandError> {
    match command {
        UserCommand::Create(args) => create(admin, args).await,
        UserCommand::List => list(admin).await,
        UserCommand::Activate { email } => {
            events::user_changed(
                "activated",
                admin.users.activate(&arguments::email(&email)?, admin.request_time()).await?,
            );
            confirm("the user can log in again");
            Ok(())
        }
        UserCommand::Deactivate { email } => {
            let changed = admin.users.deactivate(&arguments::email(&email)?, admin.request_time()).await?;
            events::user_changed("deactivated", changed);
            confirm(&format!("the user can no longer log in; sessions ended: {}", changed.sessions_ended));
            Ok(())
        }
        UserCommand::SetPassword { email, password: _ } => {
            let email = arguments::email(&email)?;
            let changed = admin.users.set_password(&email, &read_password()?, admin.request_time()).await?;
            events::user_changed("password_set", changed);
            confirm(&format!("the password is set; sessions ended: {}", changed.sessions_ended));
            Ok(())
        }
    }
}

async fn create(admin: &Administration, args: CreateArgs) -> Result<(), CommandError> {
    let create = CreateUser {
        email: arguments::email(&args.email)?,
        password: read_password()?,
        role: role(args.role),
        tenant_id: args.tenant.map(TenantId::from_uuid),
    };
    let user_id = admin.users.create(create, admin.request_time()).await?;
    events::user_changed("created", Changed { user_id, sessions_ended: 0 });
    confirm(&format!("created user {user_id}"));
    Ok(())
}

async fn list(admin: &Administration) -> Result<(), CommandError> {
    let UserListing { users, unreadable } = admin.users.list(admin.request_time()).await?;
    let width = users.iter().map(|user| user.email.as_str().len()).max().unwrap_or(0).max(5);
    print(&format!("{:width$}  {:9}  {:8}  {:36}  {}", "EMAIL", "ROLE", "STATUS", "USER", "TENANT"))?;
    for user in users {
        let email = user.email.as_str();
        print(&format!(
            "{email:width$}  {:9}  {:8}  {}  {}",
            user.role, user.status, user.id, user.tenant_id
        ))?;
    }
    if unreadable.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = unreadable.iter().map(|row| format!("  - {row}")).collect();
    Err(CommandError::Failed(format!("these users cannot be read; repair their rows:\n{}", rows.join("\n"))))
}

/// Reads a password from standard input and removes one newline at its end.
///
/// The limit is above the longest password, so that a longer one is rejected and not cut.
fn read_password() -> Result<Password, CommandError> {
    let limit = Password::MAX_BYTES as u64 + 3;
    let mut text = Zeroizing::new(String::with_capacity(Password::MAX_BYTES + 3));
    let read = stdin().lock().take(limit).read_to_string(&mut text);
    read.map_err(|error| {
        CommandError::Failed(format!("the password cannot be read from standard input: {error}"))
    })?;
    let end = text.strip_suffix('\n').map_or(&**text, |line| line.strip_suffix('\r').unwrap_or(line)).len();
    text.truncate(end);
    let password = Password::parse(text.to_string());
    text.zeroize();
    password.map_err(|problem| CommandError::Failed(problem.to_string()))
}

const fn role(role: RoleArg) -> Role {
    match role {
        RoleArg::Owner => Role::Owner,
        RoleArg::Admin => Role::Admin,
        RoleArg::Developer => Role::Developer,
        RoleArg::Viewer => Role::Viewer,
    }
}
