//! HTTP: reading requests, calling one use case each, and answering as the contract says.

mod bearer;
mod body;
mod client_address;
mod error;
mod events;
mod form;
mod frame;
mod openapi;
mod proxy_suspicion;
pub(crate) mod routes;
mod strict_json;

pub(crate) use client_address::ClientAddresses;
pub(crate) use error::ApiError;
pub(crate) use frame::{catch_panics, frame};
pub(crate) use proxy_suspicion::ProxySuspicion;
