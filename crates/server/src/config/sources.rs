//! The sources of settings, as dotted keys with one text each.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::Value;

use super::source::Source;

/// The prefix of the environment variables of this program.
pub(crate) const ENVIRONMENT_PREFIX: &str = "HOOKSENTRY_AUTH__";

/// The value of a setting in a source.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// The text; lists are joined by commas.
    pub(super) text: String,
    /// The items of a list, for settings whose items may contain commas.
    pub(super) items: Option<Vec<String>>,
    pub(super) source: Source,
    /// The place in the source, for messages.
    pub(super) origin: String,
}

/// Dotted keys, such as `http.listen`, with their values.
pub(super) type Flat = BTreeMap<String, Raw>;

/// Flattens a TOML document.
pub(super) fn from_toml(source: &Source, text: &str) -> Result<Flat, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // The text of the parser quotes the line, which may contain a secret (S-40).
        let line =
            error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.lines().count());
        let file = source.origin().unwrap_or("the defaults");
        format!("{file} is not valid TOML near line {line}: {}", error.message())
    })?;
    let mut flat = Flat::new();
    flatten(source, "", &Value::Table(table), &mut flat)?;
    Ok(flat)
}

fn flatten(source: &Source, key: &str, value: &Value, flat: &mut Flat) -> Result<(), String> {
    let mut items = None;
    let text = match value {
        Value::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(source, &key, value, flat)?;
            }
            return Ok(());
        }
        Value::Array(values) => {
            let texts: Option<Vec<String>> =
                values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
            let list =
                texts.ok_or_else(|| format!("{}: a list can contain only texts", source.place_of(key)))?;
            items.insert(list).join(",")
        }
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(on) => on.to_string(),
        Value::Float(_) | Value::Datetime(_) => {
            return Err(format!("{}: write a text, a whole number, true or false", source.place_of(key)));
        }
    };
    let (source, origin) = (source.clone(), source.place_of(key));
    flat.insert(key.to_owned(), Raw { text, items, source, origin });
    Ok(())
}

/// Returns the variable of a key, without the prefix: `a.b_c` becomes `A__B_C`.
pub(super) fn variable(key: &str) -> String {
    key.to_ascii_uppercase().replace('.', "__")
}

/// Returns the settings among environment variables, and the problems: `A__B_C` becomes `a.b_c`.
pub(super) fn from_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> (Flat, Vec<String>) {
    let mut flat = Flat::new();
    let mut problems = Vec::new();
    for (name, value) in variables {
        let Some(path) = name.to_str().and_then(|name| name.strip_prefix(ENVIRONMENT_PREFIX)) else {
            let name = name.to_string_lossy();
            if is_misspelt(&name) && !is_service_link(&name, &value.to_string_lossy()) {
                problems.push(format!(
                    "{name}: settings begin with {ENVIRONMENT_PREFIX}; rename or remove this variable"
                ));
            }
            continue;
        };
        let name = format!("{ENVIRONMENT_PREFIX}{path}");
        let Ok(text) = value.into_string() else {
            problems.push(format!("{name}: the value is not UTF-8; remove the other bytes"));
            continue;
        };
        let key = path.to_ascii_lowercase().replace("__", ".");
        flat.insert(key, Raw { text, items: None, source: Source::Environment(name.clone()), origin: name });
    }
    (flat, problems)
}

/// Returns whether a name has a misspelt prefix: one underscore, or another case.
fn is_misspelt(name: &str) -> bool {
    let prefix = ENVIRONMENT_PREFIX.trim_end_matches('_');
    let start = name.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        && name.get(prefix.len()..).is_some_and(|rest| rest.starts_with('_'))
}

/// Returns whether Kubernetes or Docker sets the variable because a service has the name of this program.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let mut parts = name.rsplit("_PORT_");
    let is_port = parts.next().is_some_and(|end| end.starts_with(|digit: char| digit.is_ascii_digit()))
        && parts.next().is_some();
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || is_port
        || (name.ends_with("_PORT") && is_address)
}
