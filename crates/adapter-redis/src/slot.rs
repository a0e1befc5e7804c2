//! The slots of a cluster: which slot a key is in.

use crc16::{State, XMODEM};
use redis::{Arg, Cmd};

/// The number of slots.
pub(crate) const SLOTS: u16 = 16_384;

/// Returns the slot of a key. If the key has a hash tag, only the tag counts.
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    State::<XMODEM>::calculate(tag(key).unwrap_or(key)) % SLOTS
}

/// Returns the first key of a script call or of a command whose first argument is a key; `None` if a script has no keys.
pub(crate) fn first_key(command: &Cmd) -> Option<&[u8]> {
    let mut words = command.args_iter().map(|word| match word {
        Arg::Simple(word) => word,
        // The scripts and commands with keys have no cursor.
        _ => &[],
    });
    if words.next()? != b"EVALSHA" {
        return words.next();
    }
    words.nth(1).filter(|number| *number != b"0")?;
    words.next()
}

/// Returns the text between the first `{` and the next `}`. An empty text is no tag.
fn tag(key: &[u8]) -> Option<&[u8]> {
    let start = key.iter().position(|byte| *byte == b'{')? + 1;
    let rest = key.get(start..)?;
    let tag = rest.get(..rest.iter().position(|byte| *byte == b'}')?)?;
    (!tag.is_empty()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        // The check value of the algorithm, and the examples of the Redis Cluster specification.
        assert_eq!(State::<XMODEM>::calculate(b"123456789"), 0x31c3);
        assert_eq!(slot_of(b"123456789"), 0x31c3);
        assert_eq!(slot_of(b"foo"), 12_182);
        assert_eq!(slot_of(b"{user1000}.sessions"), slot_of(b"{user1000}.tokens"));
        assert_eq!(slot_of(b"foo{}{bar}"), State::<XMODEM>::calculate(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot_of(b"foo{{bar}}zap"), slot_of(b"{bar"));
        assert_eq!(slot_of(b"foo{bar}{zap}"), slot_of(b"bar"));
    }

    #[test]
    fn slot_of_the_login_limits_is_that_of_the_documents() {
        assert_eq!(slot_of(crate::keys::DAILY_COUNTS.as_bytes()), 15_850);
    }

    #[test]
    fn first_key_of_a_command_is_found() {
        let script = |keys: &[&str]| {
            let mut script = redis::cmd("EVALSHA");
            script.arg("hash").arg(keys.len()).arg(keys).arg("argument");
            script
        };
        assert_eq!(first_key(&script(&["a", "b"])), Some(&b"a"[..]));
        assert_eq!(first_key(&script(&[])), None);
        let mut get = redis::cmd("GET");
        get.arg("c");
        assert_eq!(first_key(&get), Some(&b"c"[..]));
    }
}
