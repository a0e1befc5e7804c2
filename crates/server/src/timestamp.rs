//! The timestamps of log lines and audit records.

use std::io::{self, Write};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// Writes times in RFC 3339, in UTC with microseconds. The text of the last second is kept, because many lines have the same.
#[derive(Default)]
pub(crate) struct Timestamps {
    second: i64,
    text: Vec<u8>,
}

impl Timestamps {
    /// Appends a time.
    pub(crate) fn write(&mut self, now: OffsetDateTime, line: &mut Vec<u8>) -> io::Result<()> {
        if self.second != now.unix_timestamp() || self.text.is_empty() {
            self.text.clear();
            now.format_into(&mut self.text, SECOND).map_err(io::Error::other)?;
            self.second = now.unix_timestamp();
        }
        line.extend_from_slice(&self.text);
        write!(line, ".{:06}Z", now.microsecond())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_have_six_digits_after_the_second() {
        let mut timestamps = Timestamps::default();
        let mut write = |time| {
            let mut line = Vec::new();
            timestamps.write(time, &mut line).unwrap();
            String::from_utf8(line).unwrap()
        };
        assert_eq!(write(OffsetDateTime::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
        for (time, text) in [
            (datetime!(2026-11-26 15:33:43.290731 UTC), "2026-11-26T15:33:43.290731Z"),
            (datetime!(2026-11-26 15:33:43.000009999 UTC), "2026-11-26T15:33:43.000009Z"),
            (datetime!(2026-11-26 15:33:44 UTC), "2026-11-26T15:33:44.000000Z"),
            (datetime!(2026-11-26 15:33:43.5 UTC), "2026-11-26T15:33:43.500000Z"),
        ] {
            assert_eq!(write(time), text);
        }
    }
}
