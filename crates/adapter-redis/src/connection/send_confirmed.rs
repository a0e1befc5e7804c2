//! Sending a write that replicas confirm over a connection.

use std::time::{Duration, Instant};

use auth_domain::observation::Operation;
use redis::Value;
use tokio::runtime::Handle;

use super::confirmed_writes::{ConfirmedWrites, Write, unconfirmed};
use super::multiplexed::Connection;
use super::written::Confirmation;
use crate::error::{StoreError, StoreResult};

/// The pause before replicas are asked again.
const PAUSE: Duration = Duration::from_millis(25);

/// How writes over a connection are confirmed.
pub(crate) struct Confirming {
    /// How many replicas must have a write.
    pub(crate) replicas: u32,
    /// Where groups run; `None` stands for the runtime of the caller.
    pub(crate) runtime: Option<Handle>,
    pub(crate) deadline: Instant,
}

impl Connection {
    /// Sends a write, and returns its reply after the replicas have it. The reply may be an error of the server. If too few replicas
    /// have it, or the server cannot say, only the confirmation is repeated: the reply is known, and that to a repeat of the write
    /// could differ.
    ///
    /// # Parameters
    /// - `marker`: returns a key that the node has; it gets the number of keys that could not be used.
    pub(crate) async fn send_confirmed(
        &self,
        operation: Operation,
        write: Write,
        marker: impl Fn(usize) -> String,
        confirming: Confirming,
    ) -> StoreResult<Value> {
        let Confirming { replicas, runtime, deadline } = confirming;
        let new = || ConfirmedWrites::new(&self.multiplexed, &self.clock, replicas, runtime);
        let writes = self.confirmed_writes.get_or_init(new);
        let written = async {
            let written = writes.send(write, &*self.clock, deadline, StoreError::timeout()).await?;
            if written.changed_nothing() {
                return Ok(written.reply);
            }
            let (mut confirmation, mut unusable) = (written.confirmation, 0);
            loop {
                let error = match confirmation {
                    Confirmation::Confirmed => return Ok(written.reply),
                    Confirmation::Failed(error) => return Err(error),
                    Confirmation::Rejected(error) => error,
                    Confirmation::Moving => {
                        unusable += 1;
                        unconfirmed(replicas)
                    }
                    Confirmation::TooFew => unconfirmed(replicas),
                };
                let next = self.clock.instant() + PAUSE;
                if next >= deadline {
                    return Err(error);
                }
                self.clock.sleep_until(next).await;
                let again = Write { command: None, asks: false, marker: marker(unusable) };
                let again = writes.send(again, &*self.clock, deadline, error).await?;
                confirmation = again.confirmation;
            }
        };
        self.observed(operation, written).await
    }
}
