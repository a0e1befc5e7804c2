use auth_domain::ports::PortErrorKind;
use auth_domain::ports::PortErrorKind::{Corrupt, Misconfigured, Unavailable};
use redis::Value;

use super::*;
use crate::error::{StoreError, port_error};

/// Reads an error reply as the driver does.
fn parsed(line: &str) -> RedisError {
    let reply = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
    assert!(matches!(reply, Value::ServerError(_)), "{line}");
    reply.extract_error().unwrap_err()
}

fn kind_of(error: StoreError) -> PortErrorKind {
    PortError::from(error).kind()
}

/// Errors of Redis 6.2, 7.0 and 7.2, with their kinds. Only data that contradicts itself is a defect.
const ERRORS: [(&str, PortErrorKind); 34] = [
    ("NOPERM this user has no permissions to run the 'role' command or its subcommand", Misconfigured),
    ("NOPERM User auth has no permissions to run the 'script|load' command", Misconfigured),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", Misconfigured),
    ("NOPERM No permissions to access a key", Misconfigured),
    (
        "NOPERM ACL failure in script: No permissions to access a key script: 5d, on @user_script:12.",
        Misconfigured,
    ),
    (
        "ERR The user executing the script can't run this command or subcommand script: 5d, on @user_script:1.",
        Misconfigured,
    ),
    (
        "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
        Misconfigured,
    ),
    (
        "ERR Error running script (call to f_5d): @user_script:5: The user executing the script can't run this command or subcommand",
        Misconfigured,
    ),
    ("ERR unknown command 'EVALSHA', with args beginning with: 'secret' '1' ", Misconfigured),
    ("ERR unknown command `EVALSHA`, with args beginning with: `secret`, `1`, ", Misconfigured),
    ("ERR Unknown Redis command called from script script: 5d, on @user_script:1.", Misconfigured),
    (
        "ERR Error running script (call to f_5d): @user_script: 5: Unknown Redis command called from Lua script",
        Misconfigured,
    ),
    ("NOAUTH Authentication required.", Misconfigured),
    ("WRONGPASS invalid username-password pair or user is disabled.", Misconfigured),
    ("DENIED Redis is running in protected mode because protected mode is enabled", Misconfigured),
    ("MOVED 3999 127.0.0.1:6381", Misconfigured),
    ("ASK 3999 127.0.0.1:6381", Misconfigured),
    ("CROSSSLOT Keys in request don't hash to the same slot", Misconfigured),
    ("READONLY You can't write against a read only replica.", Unavailable),
    (
        "ERR Error running script (call to f_5d): @user_script:7: -READONLY You can't write against a read only replica.",
        Unavailable,
    ),
    (
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        Unavailable,
    ),
    ("OOM command not allowed when used memory > 'maxmemory'.", Unavailable),
    (
        "ERR Error running script (call to f_5d): @user_script:7: -OOM command not allowed when used memory > 'maxmemory'.",
        Unavailable,
    ),
    ("LOADING Redis is loading the dataset in memory", Unavailable),
    ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", Unavailable),
    ("CLUSTERDOWN The cluster is down", Unavailable),
    ("TRYAGAIN Multiple keys request during rehashing of slot", Unavailable),
    ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", Unavailable),
    ("UNKILLABLE Sorry the script already executed write commands against the dataset.", Unavailable),
    ("NOSCRIPT No matching script. Please use EVAL.", Unavailable),
    ("NOREPLICAS Not enough good replicas to write.", Unavailable),
    ("EXECABORT Transaction discarded because of previous errors.", Unavailable),
    ("ERR max number of clients reached", Unavailable),
    ("WRONGTYPE Operation against a key holding the wrong kind of value", Corrupt),
];

// S-94
#[test]
fn each_error_of_the_server_is_an_outage_or_a_misconfiguration() {
    for (line, kind) in ERRORS {
        assert_eq!(kind_of(StoreError::from_answer(parsed(line))), kind, "{line}");
        assert_eq!(kind_of(StoreError::from_answer(from_text(line))), kind, "within a script: {line}");
    }
}

// S-66
#[test]
fn bytes_that_are_no_reply_are_an_outage_of_the_connection() {
    for bytes in ["\0\0\0\0", "HTTP/1.1 400 Bad Request\r\n", "*1\r\n:text\r\n"] {
        let error = || redis::parse_redis_value(bytes.as_bytes()).unwrap_err();
        assert!(matches!(StoreError::from_answer(error()), StoreError::Closed(_)), "{bytes:?}");
        assert_eq!(kind_of(StoreError::from_answer(error()).of_read()), Unavailable, "{bytes:?}");
        assert_eq!(port_error(error()).kind(), Unavailable, "{bytes:?}");
    }
}

#[test]
fn only_a_replica_lets_all_connections_be_discarded() {
    for (line, _) in ERRORS {
        let is_replica = line.contains("READONLY") || line.contains("MASTERDOWN");
        let error = StoreError::from_answer(parsed(line));
        assert_eq!(matches!(error, StoreError::Replica(_)), is_replica, "{line}");
        assert!(!error.is_unanswered(), "{line}");
    }
}

// S-83
#[test]
fn error_of_an_unknown_command_shows_no_arguments() {
    for (line, _) in ERRORS {
        let text = format!("{:?}", PortError::from(StoreError::from_answer(parsed(line))));
        assert!(!text.contains("secret"), "{text}");
        let names_command = line.contains("unknown command");
        assert!(!names_command || text.contains("EVALSHA"), "{text}");
    }
}

#[test]
fn rejected_password_names_the_setting() {
    for line in ["NOAUTH Authentication required.", "WRONGPASS invalid username-password pair"] {
        let text = format!("{:?}", PortError::from(StoreError::from_answer(parsed(line))));
        assert!(text.contains("REDIS__URL"), "{text}");
    }
}
