//! The command that checks a token.

use redis::{Cmd, ToRedisArgs};

/// `EXISTS` counts a key of any type: an entry revokes its token, whatever another program wrote under its name.
pub(super) fn exists(keys: impl ToRedisArgs) -> Cmd {
    let mut exists = redis::cmd("EXISTS");
    exists.arg(keys);
    exists
}
