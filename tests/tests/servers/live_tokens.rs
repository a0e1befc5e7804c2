//! Counts the live refresh tokens of each session in Redis while requests run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use auth_e2e::Servers;
use tempfile::TempDir;

/// One atomic look at the keys: every session that has not ended must have exactly one live refresh token. Returns the number
/// of sessions, or a text if one has none or two.
const LOOK: &str = "
    local tokens = {}
    for _, key in ipairs(redis.call('KEYS', 'auth:refresh:{*')) do
      local session = redis.call('GET', key)
      tokens[session] = (tokens[session] or 0) + 1
    end
    local live = 0
    for _, key in ipairs(redis.call('KEYS', 'auth:session:{*')) do
      local id, ended = string.match(key, ':([^:]+)$'), redis.call('HEXISTS', key, 'ended')
      if ended == 0 then
        live = live + 1
        if tokens[id] ~= 1 then
          return 'wrong: ' .. (tokens[id] or 0) .. ' live tokens of session ' .. id
        end
      elseif tokens[id] then
        return 'wrong: a live token of the ended session ' .. id
      end
    end
    return live";

/// A reader that looks about every two milliseconds until it is stopped.
pub(crate) struct LiveTokens {
    reader: Child,
    folder: TempDir,
}

impl LiveTokens {
    pub(crate) fn watch(servers: &Servers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = File::create(folder.path().join("looks")).unwrap();
        let database = servers.redis_database().to_string();
        let mut command: Command = servers.redis.client();
        command.args(["-n", &database, "-r", "-1", "-i", "0.002", "EVAL", LOOK, "0"]);
        let reader = command.stdin(Stdio::null()).stdout(output).spawn().unwrap();
        Self { reader, folder }
    }

    /// Stops the reader; returns how often it found a live session.
    pub(crate) fn stop(mut self) -> usize {
        self.kill();
        let looks = fs::read_to_string(self.folder.path().join("looks")).unwrap();
        let is_wrong = |line: &&str| !line.chars().all(|letter| letter.is_ascii_digit());
        let wrong: Vec<_> = looks.lines().filter(is_wrong).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        looks.lines().filter(|line| *line != "0").count()
    }

    fn kill(&mut self) {
        // It has stopped if it lost its connection.
        let _ = self.reader.kill();
        let _ = self.reader.wait();
    }
}

impl Drop for LiveTokens {
    fn drop(&mut self) {
        self.kill();
    }
}
