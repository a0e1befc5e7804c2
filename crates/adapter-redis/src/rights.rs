//! The rights that requests need, and the check that exercises each of them.

mod missing;
mod uses;

use auth_domain::model::RequestTime;
use auth_domain::ports::{PortError, PortErrorKind};

use self::missing::MissingRights;
use self::uses::{Use, uses};
use crate::error::StoreError;
use crate::script_call::ScriptCall;
use crate::scripts::CHECK_RIGHTS;
use crate::server_error::{from_text, is_transient};
use crate::store::RedisStore;

impl RedisStore {
    /// Performs each command of the scripts on a key of each kind, in one script call, or in one for each slot of a cluster. Nothing
    /// is stored: the keys belong to no user, and the commands find nothing to change.
    ///
    /// # Errors
    /// [`PortErrorKind::Misconfigured`] names each command and each kind of key that the user lacks. Other errors are those of a
    /// script that writes.
    pub(crate) async fn check_rights(&self, request_time: RequestTime) -> Result<(), PortError> {
        let uses = uses();
        let mut missing = MissingRights::default();
        for uses in uses.chunk_by(|(key, _), (other, _)| !self.is_cluster() || key == other) {
            self.check_uses(uses, &mut missing, request_time).await?;
        }
        missing.into_result()
    }

    /// Performs the uses of keys that one server has.
    async fn check_uses(
        &self,
        uses: &[Use],
        missing: &mut MissingRights,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let Some((key, _)) = uses.first() else { return Ok(()) };
        // The key is not one of the call: Redis would reject the call as a whole, and not each command.
        let call = ScriptCall::new(&CHECK_RIGHTS, &[]).at_any_clock().where_key_is(key);
        let reply = uses.iter().fold(call, add).run(self.connections(), request_time).await;
        let mut reply = reply.map_err(StoreError::of_read)?;
        reply.text()?;
        while !reply.is_empty() {
            let (number, text) = (reply.number()?, reply.text()?);
            let error = from_text(&text);
            // The slot of the key moves to another node. Redis checks the rights before.
            if is_transient(&error) {
                self.connections().topology.notify();
                continue;
            }
            let error = PortError::from(StoreError::from_answer(error));
            let rejected = usize::try_from(number - 1).ok().and_then(|index| uses.get(index));
            match rejected.filter(|_| error.kind() == PortErrorKind::Misconfigured) {
                Some(rejected) => missing.add(rejected, &text),
                None => return Err(error),
            }
        }
        Ok(())
    }
}

fn add(call: ScriptCall, (key, words): &Use) -> ScriptCall {
    let (name, arguments) = words.split_at(1);
    call.arg(words.len() + 1).arg(name).arg(key).arg(arguments)
}
