//! The exporter of traces, and the layer of the subscriber that feeds it.

mod bounded_processor;
mod client;
mod conventions;
mod exporter;
mod headers;
mod numbers;
mod parent;
mod provider;
mod request;
mod running;
mod sampler;
mod settings;
mod span_counts;
mod trust;

pub(crate) use request::{begin, end};
pub(crate) use running::{Traces, lost_spans, report_lost};
