//! The role of a server.

use auth_domain::ports::PortError;
use redis::Value;

use crate::error::StoreError;

/// Returns whether the reply to `ROLE` is that of a primary.
pub(crate) fn is_primary(role: &Value) -> bool {
    matches!(role, Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".to_vec())))
}

/// The error for a server that is no primary.
pub(crate) fn replica() -> StoreError {
    StoreError::Replica(PortError::unavailable("Redis is a replica"))
}
