//! `session list` and `session end`

use auth_domain::model::{Email, EndReason, SessionId, SessionRef, UserId};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::administration::Administration;
use super::output::{confirm, print};
use super::{arguments, events};
use crate::cli::SessionCommand;
use crate::command_error::CommandError;

const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]Z");

/// Runs a command on sessions.
pub(super) async fn run(admin: &Administration, command: SessionCommand) -> Result<(), CommandError> {
    match command {
        SessionCommand::List { user } => list(admin, find(admin, &arguments::email(&user)?).await?).await,
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

async fn list(admin: &Administration, user_id: UserId) -> Result<(), CommandError> {
    let sessions = admin.list_sessions.run(user_id, admin.request_time()).await?;
    print(&format!("{:36}  {:17}  {:17}  {:17}", "SESSION", "LOGGED IN", "LAST REFRESHED", "EXPIRES"))?;
    for session in sessions {
        let [created, rotated, expires] =
            [session.created_at, session.rotated_at, session.expires_at].map(minute);
        print(&format!("{}  {created}  {rotated}  {expires}", session.session_id))?;
    }
    Ok(())
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
