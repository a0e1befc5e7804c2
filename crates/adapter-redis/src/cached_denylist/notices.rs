//! What Redis tells without being asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use auth_domain::model::TokenId;
use redis::aio::SendError;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::denylist_copy::DenylistCopy;
use crate::keys;

/// What a connection tells of itself.
pub(super) enum Notice {
    /// The denylist was written: there is a lifetime to ask for.
    Written(TokenId),
    /// It is closed, or has told what cannot be followed.
    Lost,
}

/// Where a connection's notices go.
pub(super) struct Notices {
    pub(super) sender: UnboundedSender<Notice>,
    /// Whether [`Notice::Lost`] is among them: nothing that comes later on this connection is to be trusted.
    pub(super) is_lost: Arc<AtomicBool>,
}

/// Takes note of what Redis tells.
pub(super) fn note(
    push: &PushInfo,
    copy: &DenylistCopy,
    now: Instant,
    notices: &Notices,
) -> Result<(), SendError> {
    let closed = |_| SendError;
    let end = || {
        notices.is_lost.store(true, Ordering::Release);
        copy.distrust();
        notices.sender.send(Notice::Lost).map_err(closed)
    };
    match push.kind {
        PushKind::Disconnection => end(),
        // All keys were replaced at once, as a replica's are that begins anew, and nobody tells by which ones.
        PushKind::Invalidate if push.data.contains(&Value::Nil) => end(),
        PushKind::Invalidate => {
            let keys = push.data.iter().filter_map(|part| match part {
                Value::Array(keys) => Some(keys),
                _ => None,
            });
            for key in keys.flatten() {
                let Value::BulkString(key) = key else { continue };
                let Some(id) = keys::revoked_token(key) else { continue };
                copy.suspect(id, now);
                notices.sender.send(Notice::Written(id)).map_err(closed)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::denylist_copy::Moment;

    const KEY: &str = "auth:jwt:revoked:a8098c1a-f86e-41da-bd1a-00112444be1e";

    fn invalidation(data: Vec<Value>) -> PushInfo {
        PushInfo { kind: PushKind::Invalidate, data }
    }

    fn bytes(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    /// Whoever gets the reply that comes after a notice finds what the notice told.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be made up, only read or moved")]
    fn what_is_told_is_in_the_copy_before_the_one_who_told_it_goes_on() {
        let now = Instant::now();
        let (copy, (sender, mut notices)) =
            (DenylistCopy::new(now, Duration::from_mins(20)), unbounded_channel());
        let telling = Notices { sender, is_lost: Arc::default() };
        let (id, other) = (keys::revoked_token(KEY.as_bytes()).unwrap(), bytes("auth:jwt:revoked:x"));
        note(&invalidation(vec![Value::Array(vec![other, bytes(KEY)])]), &copy, now, &telling).unwrap();
        assert!(copy.holds(id, now));
        assert!(matches!(notices.try_recv(), Ok(Notice::Written(told)) if told == id));
        assert!(notices.try_recv().is_err(), "more was told than there was");
    }

    /// An answer that was on its way is not believed either.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be made up, only read or moved")]
    fn that_all_keys_are_replaced_ends_the_trust_and_takes_nothing_out() {
        let now = Instant::now();
        let (copy, (sender, mut notices)) =
            (DenylistCopy::new(now, Duration::from_mins(20)), unbounded_channel());
        let telling = Notices { sender, is_lost: Arc::default() };
        note(&invalidation(vec![Value::Array(vec![bytes(KEY)])]), &copy, now, &telling).unwrap();
        let moment = Moment { instant: now, unix_millis: 0 };
        assert!(copy.confirm(&telling.is_lost, moment, now));
        assert!(copy.is_current(moment));
        note(&invalidation(vec![Value::Nil]), &copy, now, &telling).unwrap();
        assert!(!copy.confirm(&telling.is_lost, moment, now));
        assert!(!copy.is_current(moment) && copy.len() == 1);
        assert!(telling.is_lost.load(Ordering::Acquire), "a later answer would be believed");
        assert!(matches!(notices.try_recv(), Ok(Notice::Written(_))));
        assert!(matches!(notices.try_recv(), Ok(Notice::Lost)));
    }
}
