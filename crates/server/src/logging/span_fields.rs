//! The fields of spans, kept with each span for the lines of its events.

use std::fmt::Debug;

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The layer that keeps the fields. Layers that read them come after it.
pub(super) struct SpanFieldsLayer;

/// The fields of a span, in the order of their names.
#[derive(Default)]
pub(super) struct SpanFields(Vec<SpanField>);

/// A field of a span.
pub(super) struct SpanField {
    pub(super) name: &'static str,
    pub(super) value: FieldValue,
}

/// The value of a field.
pub(super) enum FieldValue {
    Text(String),
    /// A number or a truth value, as it is in JSON.
    Literal(String),
}

impl SpanFields {
    /// Returns the text of a field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|field| field.name == name).map(|field| match &field.value {
            FieldValue::Text(text) | FieldValue::Literal(text) => text.as_str(),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SpanField> {
        self.0.iter()
    }

    /// Adds a field, or replaces its value.
    fn set(&mut self, field: &Field, value: FieldValue) {
        let name = field.name();
        match self.0.binary_search_by_key(&name, |known| known.name) {
            Ok(at) => {
                if let Some(known) = self.0.get_mut(at) {
                    known.value = value;
                }
            }
            Err(at) => self.0.insert(at, SpanField { name, value }),
        }
    }
}

impl Visit for SpanFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, FieldValue::Text(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, FieldValue::Literal(value.to_string()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, FieldValue::Literal(value.to_string()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, FieldValue::Literal(value.to_string()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, FieldValue::Text(format!("{value:?}")));
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for SpanFieldsLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = SpanFields(Vec::with_capacity(attributes.fields().len()));
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<SpanFields>()
        {
            values.record(fields);
        }
    }
}
