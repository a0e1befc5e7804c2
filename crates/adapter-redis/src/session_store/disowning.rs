//! Taking a rotation back whose outcome never became known.
//!
//! A rotation may be executed and its reply lost. When the server cannot be asked again within the request's deadline,
//! the client is told 503, and so must find his token unused: nobody has received the successor. Until that is done,
//! a repeat of the request to this process does it first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use auth_domain::model::{RequestTime, to_unix_microseconds};
use auth_domain::ports::{PortError, Rotate};
use tracing::warn;

use super::RedisSessionStore;
use crate::keys;
use crate::scripts::DISOWN;
use crate::step::Step;

/// How many rotations are remembered to be taken back.
const MAX_DOUBTS: usize = 4_096;
/// How long it is tried; after that, the client has long used his token or given up.
const PATIENCE: Duration = Duration::from_mins(5);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(1);

type Digest = [u8; 32];

/// The rotations whose outcome is not known, by the presented token. Several callers may have presented one at once.
#[derive(Default)]
pub(super) struct Doubts(Mutex<HashMap<Digest, Vec<Doubt>>>);

#[derive(Clone)]
struct Doubt {
    successor: Digest,
    step: Step,
}

impl Doubts {
    fn note(&self, rotate: &Rotate, step: Step) -> bool {
        let mut doubts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = doubts.len() < MAX_DOUBTS;
        if has_room {
            let doubt = Doubt { successor: rotate.successor.value, step };
            doubts.entry(rotate.presented.value).or_default().push(doubt);
        }
        has_room
    }

    fn about(&self, presented: &Digest) -> Vec<Doubt> {
        let doubts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doubts.get(presented).cloned().unwrap_or_default()
    }

    fn resolve(&self, presented: &Digest, successor: &Digest) {
        let mut doubts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(about) = doubts.get_mut(presented) {
            about.retain(|doubt| doubt.successor != *successor);
            if about.is_empty() {
                doubts.remove(presented);
            }
        }
    }
}

impl RedisSessionStore {
    /// Takes earlier rotations of the same token back, where there are some in doubt.
    pub(super) async fn settle_doubts(
        &self,
        presented: &Digest,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        for doubt in self.doubts.about(presented) {
            self.store.run(&doubt.step, request_time).await?;
            self.doubts.resolve(presented, &doubt.successor);
        }
        Ok(())
    }

    /// Takes a rotation back as soon as the server answers again, beside whatever else happens.
    pub(super) fn disown(&self, rotate: &Rotate, request_time: RequestTime) {
        if !self.doubts.note(rotate, disowning(rotate, request_time)) {
            warn!(event = "rotation_in_doubt", "too many rotations are in doubt; one may be lost");
            return;
        }
        let (store, presented, successor) = (self.clone(), rotate.presented.value, rotate.successor.value);
        tokio::spawn(async move {
            let clock = store.store.clock();
            let last = clock.instant() + PATIENCE;
            while clock.instant() < last {
                if store.settle_doubts(&presented, RequestTime::start(clock, TRY)).await.is_ok() {
                    return;
                }
                clock.sleep_until(clock.instant() + PAUSE).await;
            }
            store.doubts.resolve(&presented, &successor);
            warn!(
                event = "rotation_in_doubt",
                "a rotation could not be taken back; a user may have to log in again"
            );
        });
    }
}

fn disowning(rotate: &Rotate, request_time: RequestTime) -> Step {
    let named = rotate.presented.session;
    let session_keys =
        [keys::session(named), keys::refresh(&rotate.presented), keys::refresh(&rotate.successor)];
    Step::new(&DISOWN, &session_keys.each_ref().map(String::as_str))
        .at_any_clock()
        .arg(to_unix_microseconds(request_time.now()))
        .arg(named.session_id.to_string())
        .arg(keys::hex(&rotate.presented.value))
        .arg(keys::hex(&rotate.successor.value))
        .arg(rotate.access_token.id.as_bytes().as_slice())
}
