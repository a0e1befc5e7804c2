//! The atomic steps: one Lua script a verb, each with what it has in common with others before it.

use std::sync::LazyLock;

use redis::Pipeline;

/// A script and the name that the server knows it by.
pub(crate) struct Script {
    code: &'static str,
    pub(crate) hash: String,
}

impl Script {
    fn new(code: &'static str) -> Self {
        Self { code, hash: redis::Script::new(code).get_hash().to_owned() }
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $($part:literal)+;)*) => {
        $(
            $(#[$doc])*
            pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
                Script::new(concat!(include_str!("lua/common.lua"), $(include_str!($part)),+))
            });
        )*

        /// Loads every script, so that a call need send its name only.
        pub(crate) fn load_all() -> Pipeline {
            let mut pipeline = Pipeline::new();
            $(pipeline.cmd("SCRIPT").arg("LOAD").arg($name.code);)*
            pipeline
        }
    };
}

scripts! {
    /// Opens a session.
    OPEN = "lua/session.lua" "lua/open.lua";
    /// Replaces a refresh token by its successor.
    ROTATE = "lua/session.lua" "lua/rotate.lua";
    /// Ends a session.
    END = "lua/session.lua" "lua/end.lua";
    /// Ends sessions of a user.
    END_ALL = "lua/session.lua" "lua/end_all.lua";
    /// Denylists the access tokens of ended sessions.
    COMPLETE = "lua/session.lua" "lua/denylist.lua" "lua/complete.lua";
    /// Lists the live sessions of a user.
    LIST = "lua/list.lua";
    /// Puts an access token into the denylist.
    REVOKE = "lua/denylist.lua" "lua/revoke.lua";
    /// Takes a place for a login attempt.
    RESERVE = "lua/reserve.lua";
    /// Records how a login attempt ended.
    SETTLE = "lua/attempts.lua" "lua/settle.lua";
    /// Forgets failed logins.
    CLEAR = "lua/attempts.lua" "lua/clear.lua";
    /// Consumes a refresh token of the former service.
    CONSUME_LEGACY = "lua/consume_legacy.lua";
    /// Ends a refresh token of the former service.
    END_LEGACY = "lua/denylist.lua" "lua/end_legacy.lua";
}
