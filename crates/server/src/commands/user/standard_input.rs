//! Passwords and hashes from standard input.

use std::io::{Read, stdin};

use auth_domain::model::{Password, PasswordHash};
use zeroize::{Zeroize, Zeroizing};

use crate::command_error::CommandError;

/// The maximum length of a hash: the width of its column, and a line break.
const MAX_HASH_BYTES: usize = 514;

/// Reads a password and removes one newline at its end.
///
/// The limit is above the longest password, so that a longer one is rejected and not cut.
pub(super) fn read_password() -> Result<Password, CommandError> {
    let mut text = read("password", Password::MAX_BYTES + 3)?;
    let end = text.strip_suffix('\n').map_or(&**text, |line| line.strip_suffix('\r').unwrap_or(line)).len();
    text.truncate(end);
    let password = Password::parse(text.to_string());
    text.zeroize();
    password.map_err(|problem| CommandError::Failed(problem.to_string()))
}

/// Reads a hash. White space around it is removed, because no hash has any.
pub(super) fn read_hash() -> Result<PasswordHash, CommandError> {
    let text = read("password hash", MAX_HASH_BYTES + 1)?;
    if text.len() > MAX_HASH_BYTES {
        return Err(CommandError::Failed(
            "the password hash is too long: it has more than 512 characters".to_owned(),
        ));
    }
    Ok(PasswordHash::new(text.trim().to_owned()))
}

fn read(name: &str, limit: usize) -> Result<Zeroizing<String>, CommandError> {
    let mut text = Zeroizing::new(String::with_capacity(limit));
    let read = stdin().lock().take(limit as u64).read_to_string(&mut text);
    read.map_err(|error| {
        CommandError::Failed(format!("the {name} cannot be read from standard input: {error}"))
    })?;
    Ok(text)
}
