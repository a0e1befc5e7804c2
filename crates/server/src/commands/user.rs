//! `user …`

mod import;
mod list;
mod standard_input;

use auth_domain::model::{Email, Role, TenantId};
use auth_domain::use_cases::{Changed, CreateUser, FirstPassword};

use super::administration::Administration;
use super::output::{confirm, warn};
use super::{arguments, events};
use crate::cli::{CreateArgs, RoleArg, UserCommand};
use crate::command_error::CommandError;
use crate::compose;
use crate::config::Settings;
use standard_input::{read_hash, read_password};

/// Runs a command on users.
pub(super) async fn run(settings: &Settings, command: UserCommand) -> Result<(), CommandError> {
    // The first start creates an account if there is no user.
    let creates = matches!(command, UserCommand::Create(_));
    let _lock = if creates { compose::lock_bootstrap(settings)? } else { None };
    let admin = Administration::open(settings)?;
    match command {
        UserCommand::Create(args) => create(&admin, args).await,
        UserCommand::List { json: false } => list::table(&admin).await,
        UserCommand::List { json: true } => list::json(&admin).await,
        UserCommand::Import { file, skip_invalid } => {
            import::run(&admin, settings, &file, skip_invalid).await
        }
        UserCommand::Activate { email } => activate(&admin, &arguments::email(&email)?).await,
        UserCommand::Deactivate { email } => deactivate(&admin, &arguments::email(&email)?).await,
        UserCommand::Delete { email } => delete(&admin, &arguments::email(&email)?).await,
        UserCommand::SetPassword { email, password: _ } => {
            set_password(&admin, &arguments::email(&email)?).await
        }
    }
}

async fn create(admin: &Administration, args: CreateArgs) -> Result<(), CommandError> {
    let password = if args.password.password_hash_stdin {
        FirstPassword::Hash(read_hash()?)
    } else {
        FirstPassword::Text(read_password()?)
    };
    let create = CreateUser {
        email: arguments::email(&args.email)?,
        password,
        role: role(args.role),
        tenant_id: args.tenant.map(TenantId::from_uuid),
    };
    let created = admin.users.create(create, admin.request_time()).await?;
    events::user_changed("created", Changed { user_id: created.user_id, sessions_ended: 0 });
    confirm(&format!("created user {}", created.user_id));
    if let Some(format) = created.switched_off {
        let remedy = format.remedy().unwrap_or_default();
        warn(&format!(
            "warning: a hash of {format} is not accepted, so the user cannot log in; {remedy}, and restart the service"
        ));
    }
    Ok(())
}

async fn activate(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    events::user_changed("activated", admin.users.activate(email, admin.request_time()).await?);
    confirm("the user can log in again");
    Ok(())
}

async fn deactivate(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    let changed = admin.users.deactivate(email, admin.request_time()).await?;
    events::user_changed("deactivated", changed);
    confirm(&format!("the user can no longer log in; sessions ended: {}", changed.sessions_ended));
    Ok(())
}

async fn delete(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    let changed = admin.users.delete(email, admin.request_time()).await?;
    events::user_changed("deleted", changed);
    confirm(&format!("the user is deleted; sessions ended: {}", changed.sessions_ended));
    Ok(())
}

async fn set_password(admin: &Administration, email: &Email) -> Result<(), CommandError> {
    let changed = admin.users.set_password(email, &read_password()?, admin.request_time()).await?;
    events::user_changed("password_set", changed);
    confirm(&format!("the password is set; sessions ended: {}", changed.sessions_ended));
    Ok(())
}

const fn role(role: RoleArg) -> Role {
    match role {
        RoleArg::Owner => Role::Owner,
        RoleArg::Admin => Role::Admin,
        RoleArg::Developer => Role::Developer,
        RoleArg::Viewer => Role::Viewer,
    }
}
