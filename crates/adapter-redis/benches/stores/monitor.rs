//! The command that an operation sends, read off the server.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use auth_testkit::servers::RedisServer;

use crate::Operation;

/// Deadlines are the last argument of a script; this one never comes.
const NEVER: &[u8] = b"9000000000000000";

/// Runs the operation while the server is watched, and returns its command.
pub(crate) async fn command_of(server: &RedisServer, operation: &Operation) -> Vec<Vec<u8>> {
    // Connections are made before.
    operation().await;
    operation().await;
    let mut child = server.client().arg("monitor").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    operation().await;
    let mut command =
        lines.by_ref().map(|line| words(&line.unwrap())).find(|words| !words.is_empty()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    if command.first().is_some_and(|name| name == b"EVALSHA") {
        *command.last_mut().unwrap() = NEVER.to_vec();
    }
    command
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

fn escaped(characters: &mut std::str::Chars<'_>) -> u8 {
    match characters.next() {
        Some('x') => {
            let digits: String = characters.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16).unwrap()
        }
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('a') => 7,
        Some('b') => 8,
        Some(other) => u8::try_from(other).unwrap(),
        None => unreachable!("a line ends within an escape"),
    }
}
