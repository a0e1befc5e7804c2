//! The layer that drops log lines about repeated rejections of one client (S-85).

use std::fmt::{Debug, Write};
use std::sync::Arc;

use auth_domain::model::Event;
use auth_domain::ports::Clock;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::span_fields::SpanFields;
use crate::rejection_sampler::RejectionSampler;

/// The events of rejections that a client can repeat without limit, and the fields that distinguish reasons.
const SAMPLED: [(Event, &[&str]); 10] = [
    (Event::Request, &["status", "path", "reason"]),
    (Event::LoginFailed, &["reason"]),
    (Event::LoginBlocked, &["limit"]),
    (Event::RefreshFailed, &["reason"]),
    (Event::RefreshBlocked, &["limit"]),
    (Event::RefreshTokenReusedInGracePeriod, &["same_address"]),
    (Event::LogoutForeignToken, &["reason"]),
    (Event::AccessTokenRejected, &["reason"]),
    (Event::Unavailable, &["operation", "kind"]),
    (Event::UnreadableRow, &["operation", "column"]),
];

/// Asks the sampler about each event of a rejection. The client is the field `client` of the span of the request.
pub(super) struct SamplingLayer {
    sampler: Arc<RejectionSampler>,
    clock: Arc<dyn Clock>,
}

impl SamplingLayer {
    /// Samples at the times of `clock`.
    pub(super) fn new(sampler: Arc<RejectionSampler>, clock: Arc<dyn Clock>) -> Self {
        Self { sampler, clock }
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for SamplingLayer {
    fn event_enabled(&self, event: &tracing::Event<'_>, context: Context<'_, S>) -> bool {
        if *event.metadata().level() > Level::INFO {
            return true;
        }
        let mut rejection = Rejection::default();
        event.record(&mut rejection);
        let Some((sampled, fields)) = rejection.sampled else { return true };
        // A request that succeeds is no rejection.
        if sampled == Event::Request && !(400..600).contains(&rejection.status) {
            return true;
        }
        let reason = text_of(fields, |values| event.record(values));
        let client = context.event_scope(event).and_then(|mut scope| {
            scope.find_map(|span| {
                let fields = span.extensions();
                fields.get::<SpanFields>().and_then(|fields| fields.text("client")).map(ToOwned::to_owned)
            })
        });
        let client = client.unwrap_or_else(|| "-".to_owned());
        self.sampler.admits(client, sampled, reason, self.clock.instant())
    }
}

/// What an event shows about being a rejection.
#[derive(Default)]
struct Rejection {
    sampled: Option<(Event, &'static [&'static str])>,
    /// The status of the response, 0 if the event has none.
    status: u64,
}

impl Visit for Rejection {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.sampled = SAMPLED.into_iter().find(|(sampled, _)| sampled.name() == value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = value;
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn Debug) {}
}

/// Returns the values of some fields, in the order in which they were recorded, with spaces between them.
fn text_of(names: &[&str], record: impl FnOnce(&mut dyn Visit)) -> String {
    let mut values = Values { names, text: String::new() };
    record(&mut values);
    values.text
}

struct Values<'a> {
    names: &'a [&'a str],
    text: String,
}

impl Visit for Values<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.names.contains(&field.name()) {
            let space = if self.text.is_empty() { "" } else { " " };
            self.text.push_str(space);
            self.text.push_str(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.names.contains(&field.name()) {
            let space = if self.text.is_empty() { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{space}{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Mutex, PoisonError};

    use tracing::{debug, error_span, info};
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::span_fields::SpanFieldsLayer;
    use super::*;
    use crate::system::SystemClock;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns how many lines `log` writes.
    fn lines(log: impl FnOnce()) -> usize {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_writer(move || writer.clone());
        let layer = SamplingLayer::new(Arc::default(), Arc::new(SystemClock));
        tracing::subscriber::with_default(subscriber.finish().with(SpanFieldsLayer).with(layer), log);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap().lines().count()
    }

    fn rejection(client: &str, reason: &str) {
        error_span!("request", client).in_scope(|| info!(event = Event::LoginFailed.name(), reason));
    }

    // S-85
    #[test]
    fn a_client_has_ten_lines_for_each_reason() {
        let flood = |client: &str, reason: &str| (0..30).for_each(|_| rejection(client, reason));
        assert_eq!(lines(|| flood("192.0.2.1", "wrong_password")), 10);
        let of_two_clients = || {
            flood("192.0.2.1", "wrong_password");
            flood("192.0.2.2", "wrong_password");
        };
        assert_eq!(lines(of_two_clients), 20);
        let of_two_reasons = || {
            flood("192.0.2.1", "wrong_password");
            flood("192.0.2.1", "unknown_email");
        };
        assert_eq!(lines(of_two_reasons), 20);
    }

    // S-85
    #[test]
    fn the_client_of_an_outer_span_counts() {
        let nested = || {
            let _request = error_span!("request", client = "192.0.2.1").entered();
            let _inner = error_span!("inner").entered();
            (0..30).for_each(|_| info!(event = Event::RefreshFailed.name(), reason = "unknown"));
        };
        let other = || (0..3).for_each(|_| info!(event = Event::RefreshFailed.name(), reason = "unknown"));
        assert_eq!(
            lines(|| {
                nested();
                other();
            }),
            13
        );
    }

    // S-93
    #[test]
    fn only_rejected_requests_of_level_info_are_sampled() {
        let (succeeded, rejected) = (200_u16, 503_u16);
        let repeat = |log: &dyn Fn()| lines(|| (0..30).for_each(|_| log()));
        let path = "/health/ready";
        assert_eq!(repeat(&|| info!(event = Event::Request.name(), path, status = rejected)), 10);
        assert_eq!(repeat(&|| info!(event = Event::Request.name(), path, status = succeeded)), 30);
        assert_eq!(repeat(&|| debug!(event = Event::Request.name(), path, status = rejected)), 30);
        assert_eq!(repeat(&|| info!(event = Event::RefreshReuseDetected.name(), reason = "reuse")), 30);
    }
}
