//! The sampler, as `OTEL_TRACES_SAMPLER` names it.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::conventions::REQUEST;

/// Returns the sampler of a name and an argument. Each error names the variable.
pub(super) fn parse(name: Option<&str>, argument: Option<&str>) -> Result<Sampler, String> {
    let parent_based = |sampler| Ok(Sampler::ParentBased(Box::new(sampler)));
    match name.unwrap_or("parentbased_always_on") {
        "always_on" => Ok(Sampler::AlwaysOn),
        "always_off" => Ok(Sampler::AlwaysOff),
        "traceidratio" => Ok(Sampler::TraceIdRatioBased(ratio(argument)?)),
        "parentbased_always_on" => parent_based(Sampler::AlwaysOn),
        "parentbased_always_off" => parent_based(Sampler::AlwaysOff),
        "parentbased_traceidratio" => parent_based(Sampler::TraceIdRatioBased(ratio(argument)?)),
        _ => Err("OTEL_TRACES_SAMPLER: the value is not a sampler of this program; write always_on, always_off or \
                  traceidratio, or one of them after parentbased_"
            .to_owned()),
    }
}

fn ratio(argument: Option<&str>) -> Result<f64, String> {
    let ratio = argument.map_or(Ok(1.0), str::parse::<f64>).ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| {
        "OTEL_TRACES_SAMPLER_ARG: it is not a ratio; write a number from 0 to 1, for example 0.1".to_owned()
    })
}

/// Samples whole requests: the sampler decides about the span of a request, and all spans within follow. Work that belongs to no
/// request, such as the periodic checks, is not sampled.
#[derive(Clone, Debug)]
pub(super) struct WholeRequests(pub(super) Sampler);

impl ShouldSample for WholeRequests {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.map(|context| context.span().span_context().clone());
        let decision = match parent.as_ref().filter(|parent| parent.is_valid() && !parent.is_remote()) {
            Some(parent) if parent.is_sampled() => SamplingDecision::RecordAndSample,
            None if name == REQUEST => {
                return self.0.should_sample(parent_context, trace_id, name, span_kind, attributes, links);
            }
            Some(_) | None => SamplingDecision::Drop,
        };
        let trace_state = parent.map_or_else(TraceState::default, |parent| parent.trace_state().clone());
        SamplingResult { decision, attributes: Vec::new(), trace_state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-95
    #[test]
    fn every_sampler_of_the_specification_is_known_by_its_name() {
        for name in ["always_on", "always_off", "traceidratio"] {
            for prefix in ["", "parentbased_"] {
                assert!(parse(Some(&format!("{prefix}{name}")), Some("0.25")).is_ok());
            }
        }
        assert!(matches!(parse(None, None), Ok(Sampler::ParentBased(_))));
        assert!(matches!(parse(Some("traceidratio"), None), Ok(Sampler::TraceIdRatioBased(1.0))));
    }

    // S-95
    #[test]
    fn unknown_samplers_and_ratios_are_rejected_by_name() {
        assert!(parse(Some("jaeger_remote"), None).unwrap_err().starts_with("OTEL_TRACES_SAMPLER: "));
        for ratio in ["1.1", "-0.1", "NaN", "much", "10%"] {
            let problem = parse(Some("traceidratio"), Some(ratio)).unwrap_err();
            assert!(problem.starts_with("OTEL_TRACES_SAMPLER_ARG: "), "{ratio}");
        }
    }
}
