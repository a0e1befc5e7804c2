//! `log.filter`: which lines are logged.
//!
//! `EnvFilter` takes a word that is not a level for a target, and a target that does not exist for one that logs nothing, so
//! misspelt words would switch the log off.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::values;

/// Parses a filter of log lines.
pub(super) fn parse(text: &str) -> Result<String, String> {
    if values::items(text).next().is_none() {
        return Err("it is empty; write for example info".to_owned());
    }
    if let Some(word) = values::items(text).find(|item| is_word(item) && !is_level(item)) {
        return Err(format!(
            "{word:?} is not a level; write off, error, warn, info, debug or trace, or info,hooksentry_auth=debug for a module"
        ));
    }
    if let Some(target) = targets(text).find(|target| !is_path(target)) {
        return Err(format!(
            "{target:?} is not a target of log lines; write a module of Rust, for example info,hooksentry_auth::http=debug"
        ));
    }
    if !values::items(text).any(is_word) {
        return Err(format!(
            "{text:?} has no level for the other lines, so none of them would be logged; write for example info,{text}"
        ));
    }
    let filter = EnvFilter::try_new(text).map(|_| text.to_owned());
    filter.map_err(|error| format!("{text:?} is not a filter ({error}); write for example info"))
}

/// Returns whether a directive is a bare word, without a target, a span or a field.
fn is_word(directive: &str) -> bool {
    !directive.contains(['=', '[', ']', '{', '}'])
}

/// Returns whether a word is the name of a level. A number would be one as well, but `1` looks like a switch.
fn is_level(word: &str) -> bool {
    word.parse::<LevelFilter>().is_ok() && word.parse::<u64>().is_err()
}

/// Returns the targets of a filter.
pub(super) fn targets(filter: &str) -> impl Iterator<Item = &str> {
    values::items(filter).filter_map(|directive| {
        let end = directive.find(['=', '[', ']', '{', '}'])?;
        directive.get(..end).filter(|target| !target.is_empty())
    })
}

/// Returns whether a target is a path of Rust, as the targets of log lines are.
fn is_path(target: &str) -> bool {
    target.chars().all(|letter| letter.is_ascii_alphanumeric() || ['_', ':'].contains(&letter))
}
