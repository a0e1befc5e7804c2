//! The Lua scripts, one for each operation. Common parts are prepended to each script.

use std::sync::LazyLock;

use auth_domain::observation::Operation;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};

use crate::error::{StoreError, StoreResult};

/// A script, and the hash that the server knows it by.
pub(crate) struct Script {
    code: &'static str,
    pub(crate) hash: String,
    /// What its calls are for.
    pub(crate) operation: Operation,
}

impl Script {
    /// Returns the command that loads the script.
    pub(crate) fn load(&self) -> Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(self.code);
        load
    }

    fn new(operation: Operation, code: &'static str) -> Self {
        Self { code, hash: redis::Script::new(code).get_hash().to_owned(), operation }
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident: $operation:ident = $($part:literal)+;)*) => {
        $(
            $(#[$doc])*
            pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
                let code = concat!(include_str!("lua/common.lua"), $(include_str!($part)),+);
                Script::new(Operation::$operation, code)
            });
        )*

        fn all_scripts() -> Pipeline {
            let mut pipeline = Pipeline::new();
            $(pipeline.add_command($name.load());)*
            pipeline
        }
    };
}

scripts! {
    /// Opens a session.
    OPEN: Open = "lua/session_record.lua" "lua/session_table.lua" "lua/session_summary.lua" "lua/hex.lua" "lua/uuid_text.lua" "lua/to_milliseconds.lua" "lua/denylist.lua" "lua/session_rules.lua" "lua/listed_sessions.lua" "lua/open.lua";
    /// Replaces a refresh token by its successor.
    ROTATE: Rotate = "lua/session_record.lua" "lua/rotate.lua" "lua/session_table.lua" "lua/hex.lua" "lua/uuid_text.lua" "lua/to_milliseconds.lua" "lua/denylist.lua" "lua/session_rules.lua" "lua/rotate_end.lua";
    /// Ends a session.
    END: End = "lua/session_record.lua" "lua/session_table.lua" "lua/hex.lua" "lua/uuid_text.lua" "lua/to_milliseconds.lua" "lua/denylist.lua" "lua/session_rules.lua" "lua/end.lua";
    /// Ends sessions of a user.
    END_ALL: EndAll = "lua/session_record.lua" "lua/session_table.lua" "lua/hex.lua" "lua/uuid_text.lua" "lua/to_milliseconds.lua" "lua/denylist.lua" "lua/session_rules.lua" "lua/listed_sessions.lua" "lua/end_all.lua";
    /// Completes the end of sessions whose access tokens were denylisted on another server.
    COMPLETE: DenylistEnded = "lua/session_record.lua" "lua/session_table.lua" "lua/complete.lua";
    /// Lists the live sessions of a user.
    LIST: List = "lua/session_record.lua" "lua/session_table.lua" "lua/session_summary.lua" "lua/listed_sessions.lua" "lua/list.lua";
    /// Puts an access token into the denylist.
    REVOKE: Add = "lua/denylist.lua" "lua/revoke.lua";
    /// Reserves a login attempt.
    RESERVE: Reserve = "lua/hex.lua" "lua/to_milliseconds.lua" "lua/attempt_window.lua" "lua/login_limits.lua" "lua/reserve.lua";
    /// Settles a login attempt.
    SETTLE: Settle = "lua/hex.lua" "lua/to_milliseconds.lua" "lua/attempt_window.lua" "lua/login_limits.lua" "lua/settle.lua";
    /// Removes the failed logins of windows.
    CLEAR: Clear = "lua/attempt_window.lua" "lua/clear.lua";
    /// Removes the failed logins and the known addresses of an email.
    CLEAR_EMAIL: Clear = "lua/hex.lua" "lua/attempt_window.lua" "lua/clear_email.lua";
    /// Forgets the known addresses of an email.
    FORGET_ADDRESSES: ForgetAddresses = "lua/hex.lua" "lua/attempt_window.lua" "lua/forget_addresses.lua";
    /// Reads the login limit of an email.
    LIMIT_STATUS: Status = "lua/limit_status.lua";
    /// Consumes a refresh token of the legacy service.
    CONSUME_LEGACY: Legacy = "lua/consume_legacy.lua";
    /// Claims a refresh token of the legacy service for a session.
    CLAIM_LEGACY: Legacy = "lua/claim_legacy.lua";
    /// Stores the holder of a refresh token of the legacy service.
    STORE_LEGACY_HOLDER: Legacy = "lua/store_legacy_holder.lua";
    /// Performs commands that change nothing.
    CHECK_RIGHTS: Check = "lua/check_rights.lua";
    /// Removes the claim of a session on a refresh token of the legacy service.
    RELEASE_LEGACY: Legacy = "lua/release_legacy.lua";
}

/// Loads every script, so that a call sends only its hash.
///
/// Checks each reply by itself: the driver's summary of a pipeline drops the codes of errors.
///
/// # Parameters
/// - `also`: a command in the same round trip, whose reply is returned.
pub(crate) async fn load_scripts(
    connection: &mut MultiplexedConnection,
    also: Option<Cmd>,
) -> StoreResult<Option<Value>> {
    let mut pipeline = all_scripts();
    let scripts = pipeline.len();
    if let Some(also) = also {
        pipeline.add_command(also);
    }
    let replies = connection.req_packed_commands(&pipeline, 0, pipeline.len()).await;
    let replies = replies.map_err(StoreError::from_answer)?;
    let replies = replies.into_iter().map(Value::extract_error).collect::<Result<Vec<_>, _>>();
    Ok(replies.map_err(StoreError::from_answer)?.into_iter().nth(scripts))
}
