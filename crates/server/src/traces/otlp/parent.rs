//! The trace context of a client (W3C Trace Context).

use std::borrow::Cow;

use actix_web::http::header::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// The longest `tracestate` that is kept; the specification requires that systems keep at least this.
const MAX_TRACESTATE: usize = 512;
/// The length of a `traceparent` of version 00.
const LENGTH: usize = 55;

/// Returns the context of the caller's span; `None` if the headers name none or are malformed.
pub(super) fn parent(headers: &HeaderMap) -> Option<Context> {
    let mut values = headers.get_all(&TRACEPARENT);
    let (Some(first), None) = (values.next(), values.next()) else { return None };
    let traceparent = first.to_str().ok().map(str::trim).filter(|text| is_well_formed(text))?;
    let context = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &Given { traceparent, tracestate: tracestate(headers) });
    context.span().span_context().is_valid().then_some(context)
}

/// Returns the list of all `tracestate` headers; `None` if it cannot be read or is too long.
fn tracestate(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut list: Option<Cow<'_, str>> = None;
    for value in headers.get_all(&TRACESTATE) {
        let value = value.to_str().ok()?;
        list = Some(list.map_or(Cow::Borrowed(value), |before| Cow::Owned(format!("{before},{value}"))));
        if list.as_ref().is_some_and(|list| list.len() > MAX_TRACESTATE) {
            return None;
        }
    }
    list
}

/// Returns whether a text has the form `version-trace-parent-flags` in lower-case hexadecimal. A later version may have more.
fn is_well_formed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let known = bytes.iter().take(LENGTH).enumerate().all(|(position, byte)| match position {
        2 | 35 | 52 => *byte == b'-',
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
    });
    let has_end = match bytes.get(LENGTH) {
        None => bytes.len() == LENGTH,
        Some(byte) => *byte == b'-' && !text.starts_with("00"),
    };
    known && has_end && !text.starts_with("ff")
}

struct Given<'a> {
    traceparent: &'a str,
    tracestate: Option<Cow<'a, str>>,
}

impl Extractor for Given<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(self.traceparent),
            "tracestate" => self.tracestate.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use auth_testkit::assert_linear;

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parent_of(pairs: &[(HeaderName, &str)]) -> Option<(String, bool, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let context = parent(&headers)?;
        let (span, state) = (context.span(), context.span().span_context().trace_state().header());
        let span = span.span_context();
        assert!(span.is_remote());
        Some((format!("{}-{}", span.trace_id(), span.span_id()), span.is_sampled(), state))
    }

    #[test]
    fn a_well_formed_parent_is_taken_with_its_flag_and_state() {
        let id = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331".to_owned();
        assert_eq!(parent_of(&[(TRACEPARENT, GOOD)]), Some((id.clone(), true, String::new())));
        let unsampled = GOOD.replace("-01", "-00");
        assert_eq!(parent_of(&[(TRACEPARENT, &unsampled)]), Some((id.clone(), false, String::new())));
        let newer = format!("cc{}-more", &GOOD[2..]);
        let states = [(TRACEPARENT, newer.as_str()), (TRACESTATE, "a=1"), (TRACESTATE, "b=2")];
        assert_eq!(parent_of(&states), Some((id.clone(), true, "a=1,b=2".to_owned())));
        let long = format!("a={}", "x".repeat(600));
        assert_eq!(parent_of(&[(TRACEPARENT, GOOD), (TRACESTATE, &long)]), Some((id, true, String::new())));
    }

    #[test]
    fn a_malformed_parent_is_ignored() {
        let zero_trace = format!("00-{}-b7ad6b7169203331-01", "0".repeat(32));
        let zero_parent = format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16));
        for bad in [
            "",
            "x",
            "00-1-2-01",
            &GOOD[..54],
            &format!("{GOOD}0"),
            &format!("{GOOD}-more"),
            &format!("ff{}", &GOOD[2..]),
            &GOOD.to_uppercase(),
            &GOOD.replace('0', "+"),
            &GOOD.replace('-', "_"),
            &zero_trace,
            &zero_parent,
        ] {
            assert_eq!(parent_of(&[(TRACEPARENT, bad)]), None, "{bad}");
        }
        assert_eq!(parent_of(&[(TRACEPARENT, GOOD), (TRACEPARENT, GOOD)]), None);
    }

    // S-89
    #[test]
    fn the_cost_of_a_parent_is_linear_in_its_length() {
        for part in ["00-", "-", "a=b,", "0"] {
            let headers = |bytes: usize| {
                let value = HeaderValue::from_str(&part.repeat(bytes / part.len())).unwrap();
                let mut headers = HeaderMap::new();
                headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
                headers.append(TRACESTATE, value);
                headers
            };
            assert_linear(part, headers, parent);
        }
    }
}
