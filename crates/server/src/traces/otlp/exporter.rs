//! The exporter that names spans by the semantic conventions and counts those that the collector does not accept.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::conventions;
use super::span_counts::SpanCounts;

/// Runs on the thread of the batch processor, so nothing here costs a request time.
#[derive(Debug)]
pub(super) struct CountingExporter {
    pub(super) otlp: OtlpExporter,
    pub(super) counts: Arc<SpanCounts>,
}

impl SpanExporter for CountingExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        batch.iter_mut().for_each(conventions::apply);
        let result = self.otlp.export(batch).await;
        if result.is_err() {
            self.counts.lose(count as u64);
        }
        self.counts.finish(count);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
