//! `session …`

use auth_domain::model::{EndReason, EndSession, Ending, SessionId, SessionRef};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{Admin, confirm, parse_email, say};
use crate::cli::SessionCommand;
use crate::failure::Failure;

const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]Z");

/// Runs a command on sessions.
pub(super) async fn run(admin: &Admin, command: SessionCommand) -> Result<(), Failure> {
    match command {
        SessionCommand::List { user } => list(admin, &user).await,
        SessionCommand::End { user, which } => match which.session {
            Some(session) => end(admin, &user, SessionId::from_uuid(session)).await,
            None => end_all(admin, &user).await,
        },
    }
}

async fn list(admin: &Admin, user: &str) -> Result<(), Failure> {
    let user_id = admin.users.find_id(&parse_email(user)?, admin.request_time()).await?;
    say(&format!("{:36}  {:17}  {:17}  {:17}", "SESSION", "LOGGED IN", "LAST REFRESHED", "EXPIRES"))?;
    for session in admin.parts.sessions.list(user_id, admin.request_time()).await? {
        let [created, rotated, expires] =
            [session.created_at, session.rotated_at, session.expires_at].map(minute);
        say(&format!("{}  {created}  {rotated}  {expires}", session.session_id))?;
    }
    Ok(())
}

async fn end(admin: &Admin, user: &str, session_id: SessionId) -> Result<(), Failure> {
    let user_id = admin.users.find_id(&parse_email(user)?, admin.request_time()).await?;
    let session = SessionRef { user_id, session_id };
    let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
    match admin.parts.sessions.end(&end, admin.request_time()).await? {
        Ending::Ended => {
            confirm("the session has ended");
            Ok(())
        }
        Ending::Unknown => Err(Failure::Command("the user has no such session; list them first".to_owned())),
    }
}

async fn end_all(admin: &Admin, user: &str) -> Result<(), Failure> {
    let user_id = admin.users.find_id(&parse_email(user)?, admin.request_time()).await?;
    let ended = admin.parts.sessions.end_all(user_id, EndReason::Revoked, admin.request_time()).await?;
    confirm(&format!("sessions ended: {ended}"));
    Ok(())
}

fn minute(instant: OffsetDateTime) -> String {
    instant.format(MINUTE).unwrap_or_else(|_| instant.to_string())
}
