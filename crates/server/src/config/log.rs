//! `log`: the level and format of the log.

use super::reader::Reader;
use super::values;

/// `log`
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// `None` for readable lines on a terminal and JSON lines otherwise.
    pub(crate) format: Option<LogFormat>,
    pub(crate) filter: String,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A readable line.
    Pretty,
    /// A JSON object.
    Json,
}

impl LogSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let format = reader.read("log.format", |text| match text {
            "auto" => Ok(None),
            "pretty" => Ok(Some(LogFormat::Pretty)),
            "json" => Ok(Some(LogFormat::Json)),
            other => Err(format!("\"{other}\" is neither auto, pretty nor json")),
        });
        let filter = reader.read("log.filter", values::log_filter);
        Some(Self { format: format?, filter: filter? })
    }
}
