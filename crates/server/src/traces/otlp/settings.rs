//! The settings of the exporter, from the standard variables of OpenTelemetry.

use std::path::Path;
use std::time::Duration;

use auth_domain::ports::Check;
use auth_store_connection::TlsFile;
use opentelemetry_sdk::trace::Sampler;
use url::{Host, Url};

use super::headers::{check_attributes, check_headers, has_attribute};
use super::numbers::{milliseconds, spans};
use super::sampler;
use super::trust::{CERTIFICATE, Trust};
use crate::config::{is_unknown_of_exporter, path_in_message, printable_path};
use crate::traces::variables::Variables;

/// The settings of the exporter. The headers are not among them: the exporter reads them itself.
pub(super) struct TraceSettings {
    pub(super) endpoint: Url,
    pub(super) trust: Trust,
    /// The timeout of a batch, with its retries.
    pub(super) timeout: Duration,
    pub(super) sampler: Sampler,
    /// The most spans that wait.
    pub(super) queue: usize,
    pub(super) batch: usize,
    pub(super) delay: Duration,
    /// Whether the trace context of clients is read.
    pub(super) reads_parent: bool,
    /// Whether the environment names the service.
    pub(super) is_named: bool,
    pub(super) warnings: Vec<Check>,
}

impl TraceSettings {
    /// Returns the settings, or all problems with those in `problems`. Each names its variable (S-95).
    pub(super) fn read(variables: &Variables, problems: Vec<String>) -> Result<Self, Vec<String>> {
        let mut reader = Reader { variables, problems };
        reader.reject_unsupported();
        reader.reject_unknown();
        let endpoint = reader.endpoint();
        let warnings = reader.check_transport(endpoint.as_ref());
        let file = reader.authorities();
        let timeouts = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        let timeout = reader.value(timeouts, milliseconds, Duration::from_secs(10));
        let export_timeout =
            reader.value(["OTEL_BSP_EXPORT_TIMEOUT"; 2], milliseconds, Duration::from_secs(30));
        let queue = reader.value(["OTEL_BSP_MAX_QUEUE_SIZE"; 2], spans, 2_048);
        let batch = reader.value(["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"; 2], spans, 512.min(queue));
        let delay = reader.value(["OTEL_BSP_SCHEDULE_DELAY"; 2], milliseconds, Duration::from_secs(5));
        let sampler =
            sampler::parse(variables.get("OTEL_TRACES_SAMPLER"), variables.get("OTEL_TRACES_SAMPLER_ARG"));
        let sampler = sampler.map_err(|problem| reader.problems.push(problem));
        let reads_parent = reader.value(["OTEL_PROPAGATORS"; 2], reads_parent, true);
        reader.value(HEADERS, check_headers, ());
        reader.value(["OTEL_RESOURCE_ATTRIBUTES"; 2], check_attributes, ());
        if batch > queue {
            reader.problems.push(
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: it is larger than OTEL_BSP_MAX_QUEUE_SIZE; write a smaller number"
                    .to_owned(),
            );
        }
        let (Some(endpoint), Ok(sampler), true) = (endpoint, sampler, reader.problems.is_empty()) else {
            return Err(reader.problems);
        };
        let is_tls = endpoint.scheme() == "https";
        let attributes = variables.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let is_named =
            variables.get("OTEL_SERVICE_NAME").is_some() || has_attribute(attributes, "service.name");
        let trust = if is_tls { Trust::authorities(file) } else { Trust::Plain };
        let timeout = timeout.min(export_timeout);
        Ok(Self { endpoint, trust, timeout, sampler, queue, batch, delay, reads_parent, is_named, warnings })
    }
}

const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

/// Variables that can have only one value here, with their alternatives.
const FIXED: [([&str; 2], &str); 2] = [
    (["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"], "http/protobuf"),
    (["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"], "none"),
];

/// Variables for the certificate of a client, which is not supported.
const CLIENT_CERTIFICATE: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
];

struct Reader<'a> {
    variables: &'a Variables,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// Returns the value of the first variable that is set, or `default`. Notes a problem of the value.
    fn value<T>(
        &mut self,
        names: [&'static str; 2],
        parse: impl Fn(&str) -> Result<T, String>,
        default: T,
    ) -> T {
        let Some((name, text)) = self.variables.first(names) else { return default };
        parse(text).unwrap_or_else(|problem| {
            self.problems.push(format!("{name}: {problem}"));
            default
        })
    }

    fn reject_unsupported(&mut self) {
        for (names, only) in FIXED {
            if let Some((name, text)) = self.variables.first(names)
                && text != only
            {
                self.problems.push(format!("{name}: the value is not supported; write {only}"));
            }
        }
        for name in CLIENT_CERTIFICATE {
            if self.variables.get(name).is_some() {
                let remedy = "remove it, and authenticate by OTEL_EXPORTER_OTLP_HEADERS";
                self.problems.push(format!("{name}: client certificates are not supported; {remedy}"));
            }
        }
    }

    fn reject_unknown(&mut self) {
        for name in self.variables.names().filter(|name| is_unknown_of_exporter(name)) {
            let remedy = "correct the name, or remove the variable";
            self.problems.push(format!("{name}: OpenTelemetry has no such variable; {remedy}"));
        }
    }

    /// Returns the file of authorities. It is a problem if there is none and its name may be a secret.
    fn authorities(&mut self) -> Option<TlsFile> {
        let (name, path) = self.variables.first(["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", CERTIFICATE])?;
        if printable_path(path).is_none() && !Path::new(path).is_file() {
            let file = path_in_message(path);
            self.problems.push(format!("{name}: {file} cannot be read; correct the path"));
        }
        Some(TlsFile::new(Path::new(path), name))
    }

    /// Returns a warning if traces leave the machine in plain text. It is a problem if headers do: they are mostly credentials (S-86).
    fn check_transport(&mut self, endpoint: Option<&Url>) -> Vec<Check> {
        let Some(endpoint) = endpoint.filter(|url| is_plain_text_to_another_machine(url)) else {
            return Vec::new();
        };
        let name = self.variables.endpoint().map_or_else(String::new, |(name, _)| name.to_owned());
        let host = endpoint.host_str().unwrap_or_default();
        if let Some((headers, _)) = self.variables.first(HEADERS) {
            self.problems.push(format!(
                "{name}: {headers} would be sent in plain text to {host}; write a URL with https, or use a collector on this \
                 machine that adds the headers"
            ));
        }
        vec![Check::warning(format!(
            "{name}: traces are sent in plain text to {host}; write a URL with https, unless the network is private"
        ))]
    }

    /// Returns the URL of traces. The endpoint of all signals is the base of it.
    fn endpoint(&mut self) -> Option<Url> {
        let (name, text) = self.variables.endpoint()?;
        let is_base = name == "OTEL_EXPORTER_OTLP_ENDPOINT";
        let url =
            Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        let Some(mut url) = url else {
            self.problems.push(format!("{name}: it is not a URL; write for example http://127.0.0.1:4318"));
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            self.problems
                .push(format!("{name}: it has a user; remove it, and write OTEL_EXPORTER_OTLP_HEADERS"));
        }
        if is_base {
            let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Some(url)
    }
}

fn is_plain_text_to_another_machine(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !is_loopback
}

/// Parses the propagators. `baggage` has no effect, because no span has baggage.
fn reads_parent(text: &str) -> Result<bool, String> {
    let mut reads = false;
    for name in text.split(',').map(str::trim) {
        match name {
            "tracecontext" => reads = true,
            "baggage" | "none" => {}
            _ => return Err("a propagator is not supported; write tracecontext, baggage or none".to_owned()),
        }
    }
    Ok(reads)
}
