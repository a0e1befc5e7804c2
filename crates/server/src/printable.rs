//! Text of other programs and people, escaped for a terminal.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// Characters that change the direction of the text around them.
const BIDIRECTIONAL: [RangeInclusive<char>; 4] =
    ['\u{61c}'..='\u{61c}', '\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// Whether a terminal might obey the character instead of showing it. Stored text may be written by somebody else.
fn is_control(character: char) -> bool {
    character.is_control() || BIDIRECTIONAL.iter().any(|range| range.contains(&character))
}

/// Returns text with control characters escaped, as `\u{9b}`.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, is_control)
}

/// Like [`printable`], and keeps line breaks.
pub(crate) fn printable_lines(text: &str) -> String {
    escaped(text, |character| character != '\n' && is_control(character))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns JSON with every control character escaped, which only texts in it can contain.
pub(crate) fn printable_json(json: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_text_cannot_control_the_terminal() {
        assert_eq!(
            printable("a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}é@b"),
            "a\\u{1b}]0;x\\u{7}\\u{9b}31m\\u{202e}é@b"
        );
        assert_eq!(printable_lines("a\n\u{1b}b\r"), "a\n\\u{1b}b\\u{d}");
        let json = serde_json::to_string("\u{1b}\u{9b}\u{7f}\u{2066}é").unwrap();
        assert_eq!(printable_json(&json), r#""\u001b\u009b\u007f\u2066é""#);
        assert_eq!(
            serde_json::from_str::<String>(&printable_json(&json)).unwrap(),
            "\u{1b}\u{9b}\u{7f}\u{2066}é"
        );
    }
}
