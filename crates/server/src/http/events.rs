//! The events of use cases: one log line and one count each, with ids and a reason, never with a secret or an email.
//!
//! The client, the user and the session are fields of the span of the request. At level info a rejection has only the line of its
//! event; its `request` line has level debug.

mod admin;
mod login;
mod logout;
mod ports;
mod publish;
mod refresh;
mod request;

#[cfg(test)]
mod tests;

pub(super) use admin::{sessions_ended, wrong_admin_secret};
pub(super) use login::login;
pub(super) use logout::logout;
pub(super) use refresh::refresh;
pub(super) use request::{has_event, source, will_have_event};
