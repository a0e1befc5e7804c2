//! The settings in force, with their sources, for `config show`.

use std::ffi::OsString;

use super::secret_file::printable_path;
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

/// Returns the settings that were taken, ordered by name. Unknown and unused ones are problems, and not in force.
pub(super) fn settings(all: &Flat, taken: &Taken) -> Vec<EffectiveSetting> {
    let known = all.iter().filter_map(|(key, raw)| Some((key, raw, *taken.get(key)?)));
    let mut settings: Vec<_> = known.map(|(key, raw, content)| setting(key, raw, content)).collect();
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

fn setting(key: &str, raw: &Raw, content: Content) -> EffectiveSetting {
    let source = raw.source.clone();
    let name = variable(key);
    match content {
        Content::Public => EffectiveSetting { name, value: public(&raw.text), source, secret_file: None },
        Content::Secret => EffectiveSetting { name, value: None, source, secret_file: None },
        Content::SecretPath => EffectiveSetting {
            name: name.trim_end_matches("_FILE").to_owned(),
            value: None,
            source,
            secret_file: Some(printable_path(&raw.text).to_owned()),
        },
    }
}

/// Returns the variables of the OpenTelemetry specification that are set, ordered by name. Headers often contain a token.
pub(crate) fn standard_variables(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<EffectiveSetting> {
    let texts = environment
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    let standard = texts.filter(|(name, _)| name.starts_with("OTEL_"));
    let mut settings: Vec<_> = standard
        .map(|(name, text)| EffectiveSetting {
            value: if name.ends_with("_HEADERS") { None } else { public(&text) },
            source: Source::Environment(name.clone()),
            name,
            secret_file: None,
        })
        .collect();
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

/// Returns a value that is no secret; `None` if it contains a URL with credentials or a key in PEM form by mistake.
fn public(text: &str) -> Option<String> {
    let has_secret = (text.contains("://") && text.contains('@')) || text.contains("-----BEGIN");
    (!has_secret).then(|| text.trim().to_owned())
}
