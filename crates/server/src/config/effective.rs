//! The settings in force, with their sources, for `config show`.

use super::public::public;
use super::secret_file::{path_in_message, printable_path};
use super::source::Source;
use super::sources::{Flat, Raw, variable};
use super::taken::{Content, Taken};

/// A setting in force. A secret has no value here (S-40).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EffectiveSetting {
    /// The name as in the documentation, without the prefix.
    pub(crate) name: String,
    /// The value; `None` if it is or may contain a secret.
    pub(crate) value: Option<String>,
    pub(crate) source: Source,
    /// The file that a secret was read from.
    pub(crate) secret_file: Option<String>,
}

/// Returns the settings that were taken. Unknown and unused ones are problems, and not in force.
pub(super) fn settings(all: &Flat, taken: &Taken) -> Vec<EffectiveSetting> {
    let known = all.iter().filter_map(|(key, raw)| Some((key, raw, *taken.get(key)?)));
    known.map(|(key, raw, content)| setting(key, raw, content)).collect()
}

fn setting(key: &str, raw: &Raw, content: Content) -> EffectiveSetting {
    let source = raw.source.clone();
    let name = variable(key);
    match content {
        Content::Public => shown(name, public(&raw.text), source),
        Content::Path => shown(name, printable_path(raw.text.trim()), source),
        Content::Secret => shown(name, None, source),
        Content::SecretPath => EffectiveSetting {
            name: name.trim_end_matches("_FILE").to_owned(),
            value: None,
            source,
            secret_file: Some(path_in_message(&raw.text).to_owned()),
        },
    }
}

fn shown(name: String, value: Option<&str>, source: Source) -> EffectiveSetting {
    EffectiveSetting { name, value: value.map(str::to_owned), source, secret_file: None }
}
