//! Lines on standard output.

use std::fmt::Write as _;
use std::io::{Write as _, stderr, stdout};
use std::ops::RangeInclusive;

use crate::command_error::CommandError;

/// Characters that change the direction of the text around them.
const BIDIRECTIONAL: [RangeInclusive<char>; 4] =
    ['\u{61c}'..='\u{61c}', '\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// Prints one line of a result. The command fails if it cannot be printed.
pub(super) fn print(line: &str) -> Result<(), CommandError> {
    writeln!(stdout(), "{line}").map_err(|error| CommandError::Failed(format!("standard output: {error}")))
}

/// Whether a terminal might obey the character instead of showing it. Stored text may be written by somebody else.
fn is_control(character: char) -> bool {
    character.is_control() || BIDIRECTIONAL.iter().any(|range| range.contains(&character))
}

/// Returns stored text as a terminal may show it: control characters as `\u{9b}`.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns JSON with every control character escaped, which only texts in it can contain.
pub(super) fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_control(character) {
            let number = u32::from(character);
            let _ = write!(shown, "\\u{number:04x}");
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Prints one line about a change that was made. A closed or full standard output does not change the exit code.
pub(super) fn confirm(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints one line about a problem that does not end the command.
pub(super) fn warn(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_text_cannot_control_the_terminal() {
        assert_eq!(
            printable("a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}é@b"),
            "a\\u{1b}]0;x\\u{7}\\u{9b}31m\\u{202e}é@b"
        );
        let json = serde_json::to_string("\u{1b}\u{9b}\u{7f}\u{2066}é").unwrap();
        assert_eq!(printable_json(&json), r#""\u001b\u009b\u007f\u2066é""#);
        assert_eq!(
            serde_json::from_str::<String>(&printable_json(&json)).unwrap(),
            "\u{1b}\u{9b}\u{7f}\u{2066}é"
        );
    }
}
