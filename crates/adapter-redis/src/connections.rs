//! The shared connections of a process.

mod acquire;
mod handle;
mod opening;
mod redirect;
mod sending;

pub(crate) use self::handle::Connections;
pub(crate) use self::redirect::Route;
