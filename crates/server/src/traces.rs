//! Traces of requests, exported over OTLP if the `OTEL_*` variables name a collector.
//!
//! Only `serve` exports. A span is recorded if its trace is sampled; a bounded queue takes it, and one thread exports batches. No
//! request waits for the collector: a span is lost and counted if the queue is full or an export fails.

#[cfg(not(feature = "otlp"))]
mod absent;
#[cfg(feature = "otlp")]
mod otlp;
mod variables;

#[cfg(not(feature = "otlp"))]
pub(crate) use absent::{Traces, begin, end, lost_spans, report_lost};
#[cfg(feature = "otlp")]
pub(crate) use otlp::{Traces, begin, end, lost_spans, report_lost};
