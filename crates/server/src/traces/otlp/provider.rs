//! The provider of spans: sampler, queue, exporter and resource.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};

use super::bounded_processor::BoundedProcessor;
use super::client::CollectorClient;
use super::exporter::CountingExporter;
use super::sampler::WholeRequests;
use super::settings::TraceSettings;
use super::span_counts::SpanCounts;

/// Returns the provider for `settings`. It starts the thread that exports.
///
/// # Errors
/// A text with the reason and the remedy.
pub(super) fn provider(
    settings: &TraceSettings,
    counts: &Arc<SpanCounts>,
) -> Result<SdkTracerProvider, String> {
    let client = CollectorClient::new(&settings.trust, settings.timeout, counts.clone())?;
    // It takes the headers from the environment itself.
    let otlp = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .build()
        .map_err(|error| {
            format!("the exporter of traces cannot start: {error}; correct the OTEL_ variables")
        })?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(settings.queue)
        .with_max_export_batch_size(settings.batch)
        .with_scheduled_delay(settings.delay)
        .build();
    let processor = BoundedProcessor {
        batches: BatchSpanProcessor::new(CountingExporter { otlp, counts: counts.clone() }, batches),
        limit: settings.queue,
        counts: counts.clone(),
    };
    Ok(SdkTracerProvider::builder()
        .with_sampler(WholeRequests(settings.sampler.clone()))
        .with_resource(resource(settings.is_named))
        .with_span_processor(processor)
        .build())
}

/// Returns the resource: the attributes in the environment, the version and, unless `is_named`, a name.
fn resource(is_named: bool) -> Resource {
    let resource =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_named { resource.build() } else { resource.with_service_name(env!("CARGO_BIN_NAME")).build() }
}
