//! Replies: of commands, and of scripts, which are a word and then what belongs to it.

use auth_domain::model::{LiveAccessToken, SessionId, TokenId, from_unix_microseconds};
use auth_domain::ports::PortError;
use redis::{FromRedisValue, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{StepError, answered, contradiction};

/// Takes replies of which each must be a success.
pub(crate) fn successes(replies: Vec<Value>) -> Result<Vec<Value>, StepError> {
    replies.into_iter().map(success).collect()
}

/// Takes a reply that must be a success.
pub(crate) fn success(reply: Value) -> Result<Value, StepError> {
    reply.extract_error().map_err(answered)
}

/// Takes as many replies as there were commands.
pub(crate) fn exactly<const N: usize>(replies: Vec<Value>) -> Result<[Value; N], StepError> {
    replies.try_into().map_err(|_| StepError::NotDone(contradiction("there are not as many as commands")))
}

/// Reads a reply of one type.
pub(crate) fn read<T: FromRedisValue>(reply: Value) -> Result<T, StepError> {
    redis::from_redis_value(reply).map_err(|_| StepError::NotDone(contradiction("it has another type")))
}

/// A reply whose parts are taken one by one.
#[derive(Debug)]
pub(crate) struct Reply(std::vec::IntoIter<Value>);

impl Reply {
    /// Takes the reply of a script apart.
    pub(crate) fn of(value: Value) -> Result<Self, PortError> {
        match value {
            Value::Array(parts) => Ok(Self(parts.into_iter())),
            _ => Err(contradiction("it is no list")),
        }
    }

    /// Takes the next part as text.
    pub(crate) fn text(&mut self) -> Result<String, PortError> {
        self.take("a text")
    }

    /// Takes the next part as bytes.
    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, PortError> {
        self.take("bytes")
    }

    /// Takes the next part as a number.
    pub(crate) fn number(&mut self) -> Result<i64, PortError> {
        self.take("a number")
    }

    /// Takes the next part as a time.
    pub(crate) fn time(&mut self) -> Result<OffsetDateTime, PortError> {
        from_unix_microseconds(self.number()?).ok_or_else(|| contradiction("a time is out of range"))
    }

    /// Takes the next part as the id of a session.
    pub(crate) fn session_id(&mut self) -> Result<SessionId, PortError> {
        self.text()?.parse().map_err(|_| contradiction("a session has no id"))
    }

    /// Takes the next two parts as an access token.
    pub(crate) fn access_token(&mut self) -> Result<LiveAccessToken, PortError> {
        let id = Uuid::from_slice(&self.bytes()?).map_err(|_| contradiction("an access token has no id"))?;
        Ok(LiveAccessToken { id: TokenId::from_uuid(id), expires_at: self.time()? })
    }

    /// Tells whether every part was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn take<T: FromRedisValue>(&mut self, what: &'static str) -> Result<T, PortError> {
        let part = self.0.next().ok_or_else(|| contradiction("it is cut off"))?;
        redis::from_redis_value(part).map_err(|_| contradiction(what))
    }
}
