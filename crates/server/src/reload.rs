//! Reading the secrets and authorities again while the server runs (S-98).

mod hangups;
mod reloadable;
mod reloader;
mod requests;

pub(crate) use hangups::Hangups;
pub(crate) use reloadable::{Prepared, Reloadable, Reloading};
pub(crate) use reloader::Reloader;

#[cfg(test)]
use requests::ReloadRequests;

#[cfg(test)]
mod tests;
