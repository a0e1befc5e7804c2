//! Reading the replies to commands.

use redis::{FromRedisValue, Value};

use crate::error::{StoreError, StoreResult, unexpected_reply};

/// Takes a reply that must be a success.
pub(crate) fn success(reply: Value) -> StoreResult<Value> {
    reply.extract_error().map_err(StoreError::from_answer)
}

/// Takes as many replies as there were commands.
pub(crate) fn exactly<T, const N: usize>(replies: Vec<T>) -> StoreResult<[T; N]> {
    replies.try_into().map_err(|_| not_one_for_each())
}

/// Reads a reply of one type.
pub(crate) fn read<T: FromRedisValue>(reply: Value) -> StoreResult<T> {
    redis::from_redis_value(reply).map_err(|_| StoreError::NotExecuted(unexpected_reply("another type")))
}

pub(crate) fn not_one_for_each() -> StoreError {
    StoreError::NotExecuted(unexpected_reply("not one for each command"))
}
