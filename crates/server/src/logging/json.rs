//! JSON lines: one object for each event, with the fields of the event and of its span.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::{self, Write};

use auth_domain::ports::Clock;
use serde::{Serialize, Serializer};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::span_fields::{FieldValue, SpanFields};
use crate::system::SystemClock;
use crate::timestamp::Timestamps;

thread_local! {
    /// The buffer of the lines of a thread.
    static LINE: RefCell<Line> = RefCell::default();
}

/// The layer that writes each event as a line to `target`.
pub(super) struct JsonLayer<W> {
    target: W,
}

impl<W> JsonLayer<W> {
    pub(super) const fn new(target: W) -> Self {
        Self { target }
    }
}

impl<S, W> Layer<S> for JsonLayer<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        LINE.with(|line| {
            // An event that is logged while a value of another one is formatted has its own buffer.
            let mut own = Line::default();
            let mut shared = line.try_borrow_mut();
            let line = shared.as_deref_mut().unwrap_or(&mut own);
            line.bytes.clear();
            if line.format(event, &context).is_ok() {
                // A line that cannot be written is counted by its queue.
                let _ = self.target.make_writer().write_all(&line.bytes);
            }
        });
    }
}

/// A line that is being formatted.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    timestamps: Timestamps,
}

impl Line {
    fn format<S>(&mut self, event: &Event<'_>, context: &Context<'_, S>) -> io::Result<()>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let metadata = event.metadata();
        self.bytes.write_all(b"{\"timestamp\":\"")?;
        self.timestamps.write(SystemClock.now(), &mut self.bytes)?;
        write!(self.bytes, "\",\"level\":\"{}\"", metadata.level())?;
        event.record(self);
        self.member("target", metadata.target());
        if let Some(span) = context.event_span(event) {
            self.bytes.write_all(b",\"span\":{")?;
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                for field in fields.iter() {
                    self.span_field(field.name, &field.value)?;
                }
            }
            self.bytes.write_all(b"\"name\":")?;
            serde_json::to_writer(&mut self.bytes, span.name())?;
            self.bytes.write_all(b"}")?;
        }
        self.bytes.write_all(b"}\n")
    }

    fn span_field(&mut self, name: &str, value: &FieldValue) -> io::Result<()> {
        serde_json::to_writer(&mut self.bytes, name)?;
        self.bytes.write_all(b":")?;
        match value {
            FieldValue::Text(text) => serde_json::to_writer(&mut self.bytes, text)?,
            FieldValue::Literal(literal) => self.bytes.write_all(literal.as_bytes())?,
        }
        self.bytes.write_all(b",")
    }

    /// Adds a member. Writing to memory cannot fail, and a value of `tracing` has no error of its own.
    fn member(&mut self, name: &str, value: impl Serialize) {
        self.bytes.push(b',');
        let _ = serde_json::to_writer(&mut self.bytes, name);
        self.bytes.push(b':');
        let _ = serde_json::to_writer(&mut self.bytes, &value);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field.name(), AsText(value));
    }
}

/// The `Debug` form of a value as a JSON string.
struct AsText<'a>(&'a dyn Debug);

impl Serialize for AsText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::Empty;
    use tracing::{error_span, info, warn};
    use tracing_subscriber::layer::SubscriberExt;

    use super::super::span_fields::SpanFieldsLayer;
    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns what `log` writes, with the time removed.
    fn lines(log: impl FnOnce()) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = JsonLayer::new(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(SpanFieldsLayer).with(layer);
        tracing::subscriber::with_default(subscriber, log);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let without_time = |line: &str| {
            let (time, rest) = line.strip_prefix(r#"{"timestamp":""#).unwrap().split_once('"').unwrap();
            assert_eq!((time.len(), time.ends_with('Z')), (27, true), "{time}");
            rest.to_owned()
        };
        text.lines().map(without_time).collect()
    }

    #[test]
    fn a_line_has_the_fields_of_its_event_and_of_its_span() {
        let logged = lines(|| {
            let span = error_span!("request", request_id = "r1", client = "-", user_id = Empty, count = 2);
            let _entered = span.enter();
            span.record("user_id", "first").record("user_id", "u1");
            info!(
                event = "refresh_succeeded",
                count = 3,
                ok = true,
                same_address = None::<bool>,
                "refreshed"
            );
        });
        let rest = r#","level":"INFO","message":"refreshed","event":"refresh_succeeded","count":3,"ok":true,"target":"hooksentry_auth::logging::json::tests","span":{"client":"-","count":2,"request_id":"r1","user_id":"u1","name":"request"}}"#;
        assert_eq!(logged, [rest]);
    }

    // S-84
    #[test]
    fn a_text_cannot_end_its_line_or_its_member() {
        let evil = "a\"b\\c\nd\u{1}é";
        let logged = lines(|| {
            let _entered = error_span!("s", evil, debug = ?evil, shown = %evil).entered();
            warn!(event = "refresh_failed", evil, debug = ?evil, shown = %evil);
        });
        let [line] = logged.as_slice() else { panic!("{logged:?}") };
        let line: serde_json::Value = serde_json::from_str(&format!("{{\"time\":\"\"{line}")).unwrap();
        for member in [&line, &line["span"]] {
            assert_eq!((&member["evil"], &member["shown"]), (&evil.into(), &evil.into()));
            assert_eq!(member["debug"], format!("{evil:?}"));
        }
    }
}
