//! Errors as responses. Only this module chooses the status of a response that is not a success, except for a rejected bearer
//! token: the verifier writes that response.

mod api_error;
mod response;
#[cfg(test)]
mod tests;
mod translation;

pub(crate) use api_error::ApiError;
pub(super) use response::{ErrorCode, ErrorResponse, RejectionReason};
