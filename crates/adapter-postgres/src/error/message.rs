//! Messages of the database server.

/// Returns at most 40 words of a server's message on one line. A word that may be an email or a hash is replaced.
///
/// The `DETAIL` of a server's error quotes rows; it is never used.
pub(super) fn redacted(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let may_be_data = word.contains(['@', '$']) || word.len() > 64;
        if may_be_data { "[..]" } else { word }
    });
    words.take(40).collect::<Vec<_>>().join(" ")
}
