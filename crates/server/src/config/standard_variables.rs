//! The variables of the OpenTelemetry specification, for `config show` and for the exporter of traces.

use std::ffi::OsString;

use url::Url;

use super::effective::EffectiveSetting;
use super::public::public;
use super::source::Source;

/// The variables whose values are shown. All others are masked: they may contain a token, or be a misspelt name of one that does.
const PUBLIC: [&str; 11] = [
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_LOG_LEVEL",
    "OTEL_PROPAGATORS",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];

const EXPORTER: &str = "OTEL_EXPORTER_OTLP_";
/// The signals that have variables of their own.
const SIGNALS: [&str; 4] = ["TRACES_", "METRICS_", "LOGS_", "PROFILES_"];
/// The variables of an exporter whose values are shown.
const PUBLIC_OF_EXPORTER: [&str; 5] = ["CERTIFICATE", "COMPRESSION", "INSECURE", "PROTOCOL", "TIMEOUT"];
/// The other variables of an exporter.
#[cfg(feature = "otlp")]
const OTHERS_OF_EXPORTER: [&str; 4] = ["CLIENT_CERTIFICATE", "CLIENT_KEY", ENDPOINT, "HEADERS"];
const ENDPOINT: &str = "ENDPOINT";
/// Variables of one signal only.
#[cfg(feature = "otlp")]
const OF_METRICS: [&str; 2] = ["METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "METRICS_TEMPORALITY_PREFERENCE"];

/// Returns the variables that are set, ordered by name.
pub(crate) fn standard_variables(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<EffectiveSetting> {
    let texts = environment
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    let standard = texts.filter(|(name, _)| name.starts_with("OTEL_"));
    let mut settings: Vec<_> = standard
        .map(|(name, text)| EffectiveSetting {
            value: shown(&name, text.trim()),
            source: Source::Environment(name.clone()),
            name,
            secret_file: None,
        })
        .collect();
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

/// Returns whether a variable begins like those of exporters, and the specification does not have it.
#[cfg(feature = "otlp")]
pub(crate) fn is_unknown_of_exporter(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(EXPORTER) else { return false };
    let of_any = without_signal(rest);
    !PUBLIC_OF_EXPORTER.iter().chain(&OTHERS_OF_EXPORTER).any(|known| *known == of_any)
        && !OF_METRICS.contains(&rest)
}

fn shown(name: &str, text: &str) -> Option<String> {
    let of_exporter = name.strip_prefix(EXPORTER).map(without_signal);
    match of_exporter {
        Some(ENDPOINT) => endpoint(text),
        Some(name) if PUBLIC_OF_EXPORTER.contains(&name) => public(text).map(str::to_owned),
        None if PUBLIC.contains(&name) => public(text).map(str::to_owned),
        Some(_) | None => None,
    }
}

fn without_signal(name: &str) -> &str {
    SIGNALS.iter().find_map(|signal| name.strip_prefix(signal)).unwrap_or(name)
}

/// Returns an endpoint without its credentials and its query.
fn endpoint(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(Url::has_host)?;
    Some(format!("{}{}", url.origin().ascii_serialization(), url.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> Option<String> {
        let mut settings = standard_variables([(name.into(), text.into())].into_iter());
        settings.pop().and_then(|setting| setting.value)
    }

    // S-40
    #[test]
    fn only_known_public_variables_have_a_value() {
        for name in ["OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]
        {
            assert_eq!(value(name, "login"), Some("login".to_owned()), "{name}");
        }
        for name in [
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADER",
            "OTEL_EXPORTER_OTLP_AUTHORIZATION",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "OTEL_RESOURCE_ATTRIBUTES",
            "OTEL_SERVICE_NAMES",
        ] {
            assert_eq!(value(name, "api-key=sesame"), None, "{name}");
        }
        assert_eq!(value("OTEL_SERVICE_NAME", "https://me:sesame@db"), None);
    }

    // S-40
    #[test]
    fn an_endpoint_is_shown_without_credentials_and_query() {
        for (text, shown) in [
            ("http://collector:4318", Some("http://collector:4318/")),
            ("https://me:sesame@[::1]:4318/v1/traces?api-key=sesame#x", Some("https://[::1]:4318/v1/traces")),
            ("sesame", None),
            ("key:sesame", None),
        ] {
            assert_eq!(value("OTEL_EXPORTER_OTLP_ENDPOINT", text).as_deref(), shown, "{text}");
        }
    }

    // S-95
    #[cfg(feature = "otlp")]
    #[test]
    fn a_variable_of_an_exporter_is_one_of_the_specification_or_unknown() {
        for known in [
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "OTEL_SERVICE_NAMES",
        ] {
            assert!(!is_unknown_of_exporter(known), "{known}");
        }
        for unknown in
            ["OTEL_EXPORTER_OTLP_HEADER", "OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_TRACE_HEADERS"]
        {
            assert!(is_unknown_of_exporter(unknown), "{unknown}");
        }
    }
}
