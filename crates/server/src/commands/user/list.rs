//! `user list`

use auth_domain::model::{HashFormat, HashUse, User, UserStatus};
use auth_domain::ports::{UnreadableUser, UserCursor};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::command_error::CommandError;
use crate::commands::administration::Administration;
use crate::commands::output::{json_line, print};
use crate::commands::table::{Cell, Table};
use crate::styles::{ATTENTION, GOOD};

/// The number of users in memory at a time, if they are printed as JSON.
const PAGE: u32 = 1_000;

/// A user on a line of JSON. The names are those of the columns, as `user import` reads them, except for `hash_format`.
#[derive(Serialize)]
struct UserLine<'a> {
    id: String,
    tenant_id: String,
    email: &'a str,
    role: &'static str,
    status: String,
    created_at: Option<String>,
    hash_format: Option<&'static str>,
}

/// Prints a table of all users, ordered by email.
pub(super) async fn table(admin: &Administration) -> Result<(), CommandError> {
    let (mut users, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = admin.user_store.page(after, PAGE, admin.request_time()).await?;
        users.extend(page.users);
        unreadable.extend(page.unreadable);
        after = page.end;
        if after.is_none() {
            break;
        }
    }
    users.sort_unstable_by(|a, b| a.email.as_str().cmp(b.email.as_str()));
    let mut table = Table::new(["EMAIL", "ROLE", "STATUS", "USER", "TENANT"]);
    for user in &users {
        let style = match user.status {
            UserStatus::Active => GOOD,
            UserStatus::Inactive => ATTENTION,
        };
        table.add([
            Cell::new(user.email.as_str()),
            Cell::new(user.role.name()),
            Cell::styled(&user.status.to_string(), style),
            Cell::new(&user.id.to_string()),
            Cell::new(&user.tenant_id.to_string()),
        ]);
    }
    table.print()?;
    check_readable(&unreadable)
}

/// Prints all users as lines of JSON, ordered by id.
pub(super) async fn json(admin: &Administration) -> Result<(), CommandError> {
    let mut unreadable = Vec::new();
    let mut after: Option<UserCursor> = None;
    loop {
        let page = admin.user_store.page(after, PAGE, admin.request_time()).await?;
        let lines = page.users.iter().map(|user| line(user, admin));
        // One write for each page.
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        if !lines.is_empty() {
            print(&lines.join("\n"))?;
        }
        unreadable.extend(page.unreadable);
        after = page.end;
        if after.is_none() {
            return check_readable(&unreadable);
        }
    }
}

fn line(user: &User, admin: &Administration) -> Result<String, CommandError> {
    let format = user.password_hash.as_ref().map(|hash| match admin.hasher.usability(hash) {
        HashUse::Verifies(format) | HashUse::SwitchedOff(format) => name(format),
        HashUse::Unusable => "unknown",
    });
    json_line(&UserLine {
        id: user.id.to_string(),
        tenant_id: user.tenant_id.to_string(),
        email: user.email.as_str(),
        role: user.role.name(),
        status: user.status.to_string(),
        created_at: user.created_at.format(&Rfc3339).ok(),
        hash_format: format,
    })
}

const fn name(format: HashFormat) -> &'static str {
    match format {
        HashFormat::Argon2id => "argon2id",
        HashFormat::Legacy => "legacy",
        HashFormat::Bcrypt => "bcrypt",
        HashFormat::Pbkdf2 => "pbkdf2",
        HashFormat::Scrypt => "scrypt",
    }
}

fn check_readable(unreadable: &[UnreadableUser]) -> Result<(), CommandError> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = unreadable.iter().map(|row| format!("  - {row}")).collect();
    Err(CommandError::Failed(format!("these users cannot be read; repair their rows:\n{}", rows.join("\n"))))
}
