//! The commands that a Redis server executes, from its `MONITOR` command.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::str::Chars;

use super::RedisServer;

/// A running `redis-cli monitor`. It reports every command, including those of scripts.
#[derive(Debug)]
pub struct Monitor<'a> {
    server: &'a RedisServer,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// An executed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedCommand {
    /// Whether a script executed the command; otherwise a client sent it.
    pub by_script: bool,
    /// The name of the command and its arguments.
    pub words: Vec<Vec<u8>>,
}

impl ExecutedCommand {
    /// Returns the name of the command in upper case.
    #[must_use]
    pub fn name(&self) -> String {
        self.words.first().map(|name| String::from_utf8_lossy(name).to_uppercase()).unwrap_or_default()
    }
}

impl<'a> Monitor<'a> {
    /// Starts to monitor the server.
    pub(super) fn start(server: &'a RedisServer) -> Self {
        let mut child =
            server.client().arg("monitor").stdout(Stdio::piped()).spawn().expect("redis-cli runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("an answer").expect("text");
        assert_eq!(first, "OK", "the server rejected MONITOR");
        Self { server, child, lines }
    }

    /// Returns the commands that were executed since the last call.
    pub fn executed(&mut self) -> Vec<ExecutedCommand> {
        let _ = self.server.cli(&["ECHO", "end of commands"]);
        let mut executed = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.expect("text");
            if line.contains("\"ECHO\" \"end of commands\"") {
                break;
            }
            executed.push(ExecutedCommand { by_script: line.contains(" lua] "), words: words(&line) });
        }
        executed
    }
}

impl Drop for Monitor<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parses the quoted words of a line, with their escapes.
fn words(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut characters = line.chars();
    while characters.by_ref().any(|character| character == '"') {
        let mut word = Vec::new();
        while let Some(character) = characters.next() {
            match character {
                '"' => break,
                '\\' => word.push(escaped(&mut characters)),
                plain => word.extend(plain.to_string().bytes()),
            }
        }
        words.push(word);
    }
    words
}

fn escaped(characters: &mut Chars<'_>) -> u8 {
    match characters.next().expect("a complete escape") {
        'x' => {
            let digits: String = characters.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16).expect("two digits")
        }
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'a' => 7,
        'b' => 8,
        other => u8::try_from(other).expect("an escaped character"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parsed_with_their_escapes() {
        let line = r#"1767603600.7 [0 127.0.0.1:5] "SET" "a \"b\"" "\x00\xff\n""#;
        assert_eq!(words(line), [b"SET".to_vec(), b"a \"b\"".to_vec(), vec![0, 255, b'\n']]);
    }
}
