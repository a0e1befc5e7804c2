//! The key that signed before the last rotation: it verifies for one lifetime of access tokens after the first start with its
//! successor.
//!
//! Its file contains the key, and from that start on, in a second line, the time at which it retires (seconds since 1970).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_domain::ports::Entropy;
use time::OffsetDateTime;

use super::errors::unusable;
use super::key::{generate, read, read_text, rejected, replace};
use crate::command_error::CommandError;
use crate::config::Secret;

/// A key that only verifies, until it retires.
pub(crate) struct PreviousKey {
    pub(crate) key: Secret,
    pub(crate) retires_at: OffsetDateTime,
}

/// The files of the present and of the previous key.
pub(super) struct KeyFiles<'a> {
    folder: &'a Path,
    key: PathBuf,
    previous: PathBuf,
}

impl<'a> KeyFiles<'a> {
    pub(super) fn of(folder: &'a Path, key: PathBuf) -> Self {
        Self { folder, key, previous: folder.join("jwt.key.previous") }
    }

    /// Replaces the key by a new one. The present key becomes the previous one.
    ///
    /// The previous key is written first: if the process ends in between, both files have the same key, and the next call
    /// continues.
    pub(super) fn rotate(&self, now: OffsetDateTime, entropy: &dyn Entropy) -> Result<(), CommandError> {
        let present = read(&self.key)?;
        if let Some((previous, retires_at)) = self.previous()?
            && previous.expose() != present.expose()
            && retires_at.is_none_or(|at| now < at)
        {
            return Err(CommandError::Failed(match retires_at {
                None => "the service has not been restarted since the last rotation; restart it before the next one, or send it SIGHUP".to_owned(),
                Some(at) => format!(
                    "the key before the last rotation is accepted until {at}; rotate again after that, or delete {} and restart \
                     the service to reject its tokens now",
                    self.previous.display()
                ),
            }));
        }
        replace(self.folder, &self.previous, present.expose(), entropy)?;
        generate(self.folder, &self.key, entropy)
    }

    /// The previous key of a server that starts at `now` and issues tokens for `lifetime`; `None` if there is none. A retired
    /// key is deleted.
    pub(super) fn previous_of_server(
        &self,
        now: OffsetDateTime,
        lifetime: Duration,
        entropy: &dyn Entropy,
    ) -> Result<Option<PreviousKey>, CommandError> {
        let Some((key, stored)) = self.previous()? else { return Ok(None) };
        if key.expose() == read(&self.key)?.expose() {
            return Ok(None);
        }
        // A clock that was ahead may have stored a time that is too late.
        let latest = now + lifetime;
        let retires_at = stored.unwrap_or(latest).min(latest);
        if retires_at <= now {
            fs::remove_file(&self.previous).map_err(|error| unusable(self.folder, &error))?;
            return Ok(None);
        }
        if stored != Some(retires_at) {
            let text = format!("{}\n{}", key.expose(), retires_at.unix_timestamp());
            replace(self.folder, &self.previous, &text, entropy)?;
        }
        Ok(Some(PreviousKey { key, retires_at }))
    }

    fn previous(&self) -> Result<Option<(Secret, Option<OffsetDateTime>)>, CommandError> {
        if !super::exists::exists(&self.previous)? {
            return Ok(None);
        }
        let text = read_text(&self.previous)?;
        let (key, time) = text.split_once('\n').map_or((&**text, None), |(key, time)| (key, Some(time)));
        let key = Secret::parse(key).map_err(|problem| rejected(&self.previous, problem))?;
        let time =
            time.map(|time| time.parse().ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()));
        match time {
            None => Ok(Some((key, None))),
            Some(Some(at)) => Ok(Some((key, Some(at)))),
            Some(None) => Err(rejected(&self.previous, "its second line is no time; delete the line")),
        }
    }
}
