//! List headers, read from the right end, where the nearest proxy appends.

/// The number of bytes that are read of the header. The entries of proxies are at its end, and a chain of forty fits.
const TAIL: usize = 2 * 1024;

/// The end of a list header, all its lines joined by commas.
pub(super) struct ListTail {
    bytes: Vec<u8>,
    /// Whether the header is longer than this end; then the left-most entry here may lack its beginning.
    is_cut: bool,
}

impl ListTail {
    /// Joins the lines of a header and keeps the last 2 KiB.
    pub(super) fn of<'a>(lines: impl DoubleEndedIterator<Item = &'a [u8]>) -> Self {
        // From right to left, each line with the comma before it.
        let backwards = lines.rev().flat_map(|line| line.iter().rev().chain(b","));
        let mut bytes: Vec<u8> = backwards.copied().take(TAIL + 2).collect();
        // The comma before the first line is no part of the header.
        let is_cut = bytes.len() > TAIL + 1;
        bytes.truncate(if is_cut { TAIL } else { bytes.len().saturating_sub(1) });
        bytes.reverse();
        Self { bytes, is_cut }
    }

    /// Returns the entries from right to left; the last one is `None` if its beginning is missing.
    ///
    /// With `quoting`, a comma inside a quoted string separates nothing.
    pub(super) fn entries(&self, quoting: bool) -> impl Iterator<Item = Option<&[u8]>> {
        let mut left = Some(self.bytes.as_slice());
        std::iter::from_fn(move || {
            let (before, entry) = split_last(left?, b',', quoting);
            left = before;
            let is_whole = before.is_some() || !self.is_cut;
            Some(is_whole.then_some(entry))
        })
    }
}

/// Splits at the last `separator`, with `quoting` at the last one outside quoted strings.
///
/// Reading from the right, a quote that the client left open cannot swallow what the proxy wrote after it.
/// The cost is linear: backslashes are counted only at quotes, and a run of backslashes ends at one quote at most.
pub(super) fn split_last(text: &[u8], separator: u8, quoting: bool) -> (Option<&[u8]>, &[u8]) {
    let mut quoted = false;
    for (position, byte) in text.iter().enumerate().rev() {
        if quoting && *byte == b'"' {
            quoted ^= !is_escaped(text, position);
        } else if *byte == separator && !quoted {
            let (before, rest) = text.split_at(position);
            return (Some(before), rest.get(1..).unwrap_or_default());
        }
    }
    (None, text)
}

/// Returns whether an odd number of backslashes precedes the position; an even number escape each other.
fn is_escaped(text: &[u8], position: usize) -> bool {
    let before = text.iter().take(position).rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}
