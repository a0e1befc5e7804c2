//! The `OTEL_*` variables of the environment. No message quotes a value, since it may be a secret in the wrong variable (S-40).

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The variables that have a value. An empty text counts as no value, as the specification of OpenTelemetry says.
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Returns the variables, and the problems of those that are not text.
    pub(super) fn read(environment: impl Iterator<Item = (OsString, OsString)>) -> (Self, Vec<String>) {
        let (mut variables, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| name.starts_with("OTEL_")) else { continue };
            match value.into_string() {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => drop(variables.insert(name.to_owned(), text.trim().to_owned())),
                Err(_) => problems.push(format!("{name}: the value is not UTF-8; remove the other bytes")),
            }
        }
        (Self(variables), problems)
    }

    /// Returns the value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the names of the variables.
    #[cfg(feature = "otlp")]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the variable with the endpoint of traces or, if there is none, of all signals.
    pub(super) fn endpoint(&self) -> Option<(&'static str, &str)> {
        self.first(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
    }

    /// Returns the first of two variables that has a value.
    pub(super) fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, &str)> {
        names.into_iter().find_map(|name| Some((name, self.get(name)?)))
    }

    /// Returns whether traces are switched off, although there is an endpoint.
    pub(super) fn are_off(&self, problems: &mut Vec<String>) -> bool {
        let is_disabled = match self.get("OTEL_SDK_DISABLED").map(str::to_ascii_lowercase).as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => {
                problems
                    .push("OTEL_SDK_DISABLED: it is neither true nor false; write one of them".to_owned());
                false
            }
        };
        let has_no_exporter = match self.get("OTEL_TRACES_EXPORTER") {
            Some("none") => true,
            Some("otlp") | None => false,
            Some(_) => {
                problems.push(
                    "OTEL_TRACES_EXPORTER: the value is not an exporter of this program; write otlp or none"
                        .to_owned(),
                );
                false
            }
        };
        is_disabled || has_no_exporter
    }
}
