//! Invalidations: the push messages of Redis on the tracking connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use auth_domain::model::TokenId;
use redis::aio::SendError;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::denylist_cache::DenylistCache;
use crate::keys;

/// An event of a tracking connection.
pub(super) enum TrackingEvent {
    /// A denylist entry was written; its lifetime must be asked for.
    Invalidated(TokenId),
    /// The connection was closed, or the keyspace was flushed.
    Lost,
}

/// Receives what Redis sends on one connection, in the task that reads from the connection.
pub(super) struct InvalidationHandler {
    pub(super) cache: Arc<DenylistCache>,
    pub(super) events: UnboundedSender<TrackingEvent>,
    /// Set before [`TrackingEvent::Lost`] is sent: nothing that comes later on this connection is to be trusted.
    pub(super) is_lost: Arc<AtomicBool>,
}

impl InvalidationHandler {
    /// Updates the cache before the driver hands over the next reply.
    pub(super) fn handle(&self, push: &PushInfo, now: Instant) -> Result<(), SendError> {
        match push.kind {
            PushKind::Disconnection => self.lose(),
            // A null invalidation: the keyspace was flushed, for example by a full resynchronisation of a replica.
            // Individual keys are not reported.
            PushKind::Invalidate if push.data.contains(&Value::Nil) => self.lose(),
            PushKind::Invalidate => {
                let keys = push.data.iter().filter_map(|part| match part {
                    Value::Array(keys) => Some(keys),
                    _ => None,
                });
                for key in keys.flatten() {
                    let Value::BulkString(key) = key else { continue };
                    let Some(id) = keys::revoked_token(key) else { continue };
                    self.cache.invalidate(id, now);
                    self.send(TrackingEvent::Invalidated(id))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn lose(&self) -> Result<(), SendError> {
        self.is_lost.store(true, Ordering::Release);
        self.cache.end_trust();
        self.send(TrackingEvent::Lost)
    }

    fn send(&self, event: TrackingEvent) -> Result<(), SendError> {
        self.events.send(event).map_err(|_| SendError)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::denylist_cache::LocalTime;

    const KEY: &str = "auth:jwt:revoked:a8098c1a-f86e-41da-bd1a-00112444be1e";

    fn invalidation(data: Vec<Value>) -> PushInfo {
        PushInfo { kind: PushKind::Invalidate, data }
    }

    fn bytes(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be constructed, only read or moved")]
    fn handler() -> (InvalidationHandler, UnboundedReceiver<TrackingEvent>, Instant) {
        let (now, (events, received)) = (Instant::now(), unbounded_channel());
        let cache = Arc::new(DenylistCache::new(now, Duration::from_mins(20)));
        (InvalidationHandler { cache, events, is_lost: Arc::default() }, received, now)
    }

    #[test]
    fn invalidated_token_is_revoked_before_the_next_reply() {
        let (handler, mut events, now) = handler();
        let (id, other) = (keys::revoked_token(KEY.as_bytes()).unwrap(), bytes("auth:jwt:revoked:x"));
        handler.handle(&invalidation(vec![Value::Array(vec![other, bytes(KEY)])]), now).unwrap();
        assert!(handler.cache.contains(id, now));
        assert!(matches!(events.try_recv(), Ok(TrackingEvent::Invalidated(token)) if token == id));
        assert!(events.try_recv().is_err(), "more events than invalidations");
    }

    #[test]
    fn null_invalidation_ends_the_trust_and_removes_nothing() {
        let (handler, mut events, now) = handler();
        handler.handle(&invalidation(vec![Value::Array(vec![bytes(KEY)])]), now).unwrap();
        let time = LocalTime { instant: now, unix_milliseconds: 0 };
        assert!(handler.cache.renew_trust(&handler.is_lost, time, now));
        assert!(handler.cache.is_trusted(time));
        handler.handle(&invalidation(vec![Value::Nil]), now).unwrap();
        // The reply to a heartbeat that was on its way renews nothing either.
        assert!(!handler.cache.renew_trust(&handler.is_lost, time, now));
        assert!(!handler.cache.is_trusted(time) && handler.cache.len() == 1);
        assert!(handler.is_lost.load(Ordering::Acquire), "a later reply would be trusted");
        assert!(matches!(events.try_recv(), Ok(TrackingEvent::Invalidated(_))));
        assert!(matches!(events.try_recv(), Ok(TrackingEvent::Lost)));
    }
}
