//! Replies of Lua scripts.

use auth_domain::model::{LiveAccessToken, SessionId, TokenId, from_unix_microseconds};
use auth_domain::ports::PortError;
use redis::{FromRedisValue, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{StoreError, StoreResult, unexpected_reply};

/// The reply of a script: a word, and the values that belong to it.
#[derive(Debug)]
pub(crate) struct ScriptReply(std::vec::IntoIter<Value>);

impl ScriptReply {
    pub(crate) fn new(value: Value) -> StoreResult<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            word @ Value::BulkString(_) => Ok(Self(vec![word].into_iter())),
            _ => {
                Err(StoreError::NotExecuted(unexpected_reply("a script returned neither a list nor a word")))
            }
        }
    }

    /// Returns the word of the reply.
    pub(crate) fn peek(&self) -> Option<&[u8]> {
        match self.0.as_slice().first() {
            Some(Value::BulkString(word)) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    pub(crate) fn text(&mut self) -> Result<String, PortError> {
        self.next("expected text")
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, PortError> {
        self.next("expected bytes")
    }

    pub(crate) fn number(&mut self) -> Result<i64, PortError> {
        self.next("expected a number")
    }

    pub(crate) fn time(&mut self) -> Result<OffsetDateTime, PortError> {
        from_unix_microseconds(self.number()?).ok_or_else(|| unexpected_reply("a time is out of range"))
    }

    pub(crate) fn session_id(&mut self) -> Result<SessionId, PortError> {
        self.text()?.parse().map_err(|_| unexpected_reply("an invalid session id"))
    }

    /// Access tokens as a record has them: the expiry in 7 bytes and the id in 16, for each token.
    pub(crate) fn access_tokens(&mut self) -> Result<Vec<LiveAccessToken>, PortError> {
        let packed = self.bytes()?;
        let (tokens, rest) = packed.as_chunks();
        if !rest.is_empty() {
            return Err(unexpected_reply("an access token has another length"));
        }
        tokens.iter().map(access_token).collect()
    }

    fn next<T: FromRedisValue>(&mut self, problem: &'static str) -> Result<T, PortError> {
        let value = self.0.next().ok_or_else(|| unexpected_reply("too few values"))?;
        redis::from_redis_value(value).map_err(|_| unexpected_reply(problem))
    }
}

fn access_token(packed: &[u8; 23]) -> Result<LiveAccessToken, PortError> {
    let (expiry, id) = packed.split_at(7);
    let expiry = expiry.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
    let id = Uuid::from_slice(id).map_err(|_| unexpected_reply("an invalid token id"))?;
    let expires_at =
        from_unix_microseconds(expiry).ok_or_else(|| unexpected_reply("a time is out of range"))?;
    Ok(LiveAccessToken { id: TokenId::from_uuid(id), expires_at })
}
