//! Mistakes that any value can have.

/// Quotation marks, as some tools keep them from a file of variables, and as word processors write them.
const QUOTATION_MARKS: [char; 7] = ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];

/// Returns the problem of a value that was not meant to be as it is.
pub(super) fn problem(text: &str) -> Option<String> {
    // The text may be a private key, which must not be printed (S-40).
    if text.contains("-----BEGIN") {
        return Some(
            "it is the content of a PEM file; write the content into a file, and its path here".to_owned(),
        );
    }
    if text.contains(char::is_control) {
        return Some(format!("{text:?} contains a line break or another control character; remove it"));
    }
    if is_quoted(text) {
        return Some(format!("{text} is in quotation marks; remove them"));
    }
    if text.starts_with('$') || ["${", "{{"].iter().any(|beginning| text.contains(beginning)) {
        return Some(format!("{text:?} is a placeholder that nothing has replaced; write the value"));
    }
    None
}

/// Returns whether a value begins or ends with a quotation mark.
pub(super) fn is_quoted(text: &str) -> bool {
    text.starts_with(QUOTATION_MARKS) || text.ends_with(QUOTATION_MARKS)
}

/// Returns whether a text as a whole is the name of a value, such as `${KEY}`. A secret may contain such characters.
pub(super) fn is_placeholder(text: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_in = |start, end| text.starts_with(start) && text.ends_with(end);
    is_in("${", "}") || is_in("{{", "}}") || text.strip_prefix('$').is_some_and(is_name)
}
