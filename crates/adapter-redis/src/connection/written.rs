//! What is known of a write that replicas have to confirm.

use auth_domain::ports::PortErrorKind;
use redis::Value;

use crate::error::StoreError;
use crate::replies::{read, success};
use crate::server_error::is_transient;

/// A write that was executed, or rejected.
pub(crate) struct Written {
    /// The reply, which may be an error of the server.
    pub(crate) reply: Value,
    pub(crate) confirmation: Confirmation,
}

/// Whether enough replicas have what was written.
#[derive(Clone)]
pub(crate) enum Confirmation {
    Confirmed,
    TooFew,
    /// The small write was rejected, because its slot moves. With another key it can succeed.
    Moving,
    /// The server cannot execute the small write at the moment, as if it is full.
    Rejected(StoreError),
    Failed(StoreError),
}

impl Written {
    /// Whether the reply can be used without a confirmation: the call changed nothing.
    pub(crate) fn changed_nothing(&self) -> bool {
        match &self.reply {
            Value::ServerError(_) => true,
            Value::Array(parts) => match parts.first() {
                Some(Value::BulkString(word)) => word == b"late" || word == b"clocks_apart",
                _ => false,
            },
            _ => false,
        }
    }
}

/// Reads the replies to the small write and to `WAIT`.
pub(super) fn confirmation(small: Value, wait: Value, replicas: u32) -> Confirmation {
    if let Err(error) = small.clone().extract_error()
        && (error.redirect_node().is_some() || is_transient(&error))
    {
        return Confirmation::Moving;
    }
    let confirming = success(small).and_then(|_| read::<u32>(success(wait)?));
    match confirming {
        Ok(confirming) if confirming >= replicas => Confirmation::Confirmed,
        Ok(_) => Confirmation::TooFew,
        // The group was executed, whatever Redis answers to the commands after it.
        Err(error) => {
            let is_temporary = match &error {
                StoreError::NotExecuted(error) => error.kind() == PortErrorKind::Unavailable,
                _ => false,
            };
            let error = StoreError::Unconfirmed(error.into());
            if is_temporary { Confirmation::Rejected(error) } else { Confirmation::Failed(error) }
        }
    }
}
