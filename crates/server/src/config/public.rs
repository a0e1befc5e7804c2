//! Values that may be printed.

/// Returns a value that is no secret; `None` if it contains a URL with credentials or a key in PEM form by mistake (S-40).
pub(super) fn public(text: &str) -> Option<&str> {
    let has_secret = has_credentials(text) || text.contains("-----BEGIN");
    (!has_secret).then(|| text.trim())
}

/// Returns whether a text may contain a URL with credentials.
pub(super) fn has_credentials(text: &str) -> bool {
    let has_query = text.split_once('?').is_some_and(|(_, query)| query.contains('='));
    text.contains("://") && (text.contains('@') || has_query)
}
