//! `session list` and `session end`

use auth_domain::model::{Email, EndReason, SessionId, SessionRef, SessionSummary, UserId};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::administration::Administration;
use super::output::{confirm, json_line, print};
use super::table::{Cell, Table};
use super::{arguments, events};
use crate::cli::SessionCommand;
use crate::command_error::CommandError;

const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]Z");

/// A session on a line of JSON.
#[derive(Serialize)]
struct SessionLine {
    session_id: String,
    user_id: String,
    created_at: Option<String>,
    rotated_at: Option<String>,
    expires_at: Option<String>,
}

/// Runs a command on sessions.
pub(super) async fn run(admin: &Administration, command: SessionCommand) -> Result<(), CommandError> {
    match command {
        SessionCommand::List { user, json } => {
            let user_id = find(admin, &arguments::email(&user)?).await?;
            let sessions = admin.list_sessions.run(user_id, admin.request_time()).await?;
            if json { print_json(user_id, &sessions) } else { table(&sessions).print() }
        }
        SessionCommand::End { user, which } => {
            let email = arguments::email(&user)?;
            let user_id = find(admin, &email).await?;
            match which.session {
                Some(session) => end(admin, user_id, SessionId::from_uuid(session)).await,
                None => end_all(admin, user_id, &email).await,
            }
        }
    }
}

async fn find(admin: &Administration, email: &Email) -> Result<UserId, CommandError> {
    Ok(admin.users.find_id(email, admin.request_time()).await?)
}

fn table(sessions: &[SessionSummary]) -> Table<4> {
    let mut table = Table::new(["SESSION", "LOGGED IN", "LAST REFRESHED", "EXPIRES"]);
    for session in sessions {
        let times = [session.created_at, session.rotated_at, session.expires_at].map(minute);
        let [created, rotated, expires] = times.map(|time| Cell::new(&time));
        table.add([Cell::new(&session.session_id.to_string()), created, rotated, expires]);
    }
    table
}

fn print_json(user_id: UserId, sessions: &[SessionSummary]) -> Result<(), CommandError> {
    let exact = |time: OffsetDateTime| time.format(&Rfc3339).ok();
    sessions.iter().try_for_each(|session| {
        print(&json_line(&SessionLine {
            session_id: session.session_id.to_string(),
            user_id: user_id.to_string(),
            created_at: exact(session.created_at),
            rotated_at: exact(session.rotated_at),
            expires_at: exact(session.expires_at),
        })?)
    })
}

async fn end(admin: &Administration, user_id: UserId, session_id: SessionId) -> Result<(), CommandError> {
    let session = SessionRef { user_id, session_id };
    admin.end_sessions.one(session, EndReason::Revoked, admin.request_time()).await?;
    events::session_ended(user_id, session_id);
    confirm("the session has ended");
    Ok(())
}

async fn end_all(admin: &Administration, user_id: UserId, email: &Email) -> Result<(), CommandError> {
    let ended = admin.end_sessions.all_of(user_id, email, EndReason::Revoked, admin.request_time()).await?;
    events::sessions_ended(user_id, ended);
    confirm(&format!("sessions ended: {ended}"));
    Ok(())
}

fn minute(instant: OffsetDateTime) -> String {
    instant.format(MINUTE).unwrap_or_else(|_| instant.to_string())
}
