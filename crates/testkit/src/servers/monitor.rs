//! The commands that a Redis executes, as it tells them itself.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::str::Chars;

use super::RedisServer;

/// `redis-cli monitor`, which sees every command, those of scripts included.
#[derive(Debug)]
pub struct Monitor<'a> {
    server: &'a RedisServer,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A command that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whether a script executed it; otherwise a client sent it.
    pub by_script: bool,
    /// Its words, the name first.
    pub words: Vec<Vec<u8>>,
}

impl Seen {
    /// Returns the name in capitals.
    #[must_use]
    pub fn name(&self) -> String {
        self.words.first().map(|name| String::from_utf8_lossy(name).to_uppercase()).unwrap_or_default()
    }
}

impl<'a> Monitor<'a> {
    /// Begins to watch.
    pub(super) fn start(server: &'a RedisServer) -> Self {
        let mut child =
            server.client().arg("monitor").stdout(Stdio::piped()).spawn().expect("redis-cli runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = lines.next().expect("an answer").expect("text");
        assert_eq!(first, "OK", "the server refuses to be watched");
        Self { server, child, lines }
    }

    /// Returns what was executed since the last call.
    pub fn seen(&mut self) -> Vec<Seen> {
        let _ = self.server.cli(&["ECHO", "until now"]);
        let mut seen = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.expect("text");
            if line.contains("\"ECHO\" \"until now\"") {
                break;
            }
            seen.push(Seen { by_script: line.contains(" lua] "), words: words(&line) });
        }
        seen
    }
}

impl Drop for Monitor<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the words in quotation marks of a line, with their escapes.
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
    match characters.next().expect("an escape is whole") {
        'x' => {
            let digits: String = characters.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16).expect("two digits")
        }
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'a' => 7,
        'b' => 8,
        other => u8::try_from(other).expect("an escaped sign"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_with_their_escapes() {
        let line = r#"1767603600.7 [0 127.0.0.1:5] "SET" "a \"b\"" "\x00\xff\n""#;
        assert_eq!(words(line), [b"SET".to_vec(), b"a \"b\"".to_vec(), vec![0, 255, b'\n']]);
    }
}
