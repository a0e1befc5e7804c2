mod faults;
mod generated;
mod numbers;
mod options;

use std::borrow::Cow;

use auth_testkit::assert_linear_in_json;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::{Error, Number, Options, object};

/// Reads any object, strictly.
fn any_object(text: &[u8]) -> Result<Map<String, Value>, Error> {
    object(text, Options::default())
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Debug, Deserialize)]
struct One<'a> {
    #[serde(borrow)]
    a: Text<'a>,
}

#[derive(Deserialize)]
struct Numeric<'a> {
    #[serde(borrow)]
    #[expect(dead_code, reason = "only its cost matters")]
    a: Number<'a>,
}

#[test]
fn every_kind_of_value_is_read() {
    let text = br#" {"a":[1,-1,0.5,"x",true,null],"b":{"c":{}}} "#;
    let expected = json!({"a": [1, -1, 0.5, "x", true, null], "b": {"c": {}}});
    assert_eq!(any_object(text).map(Value::Object), Ok(expected));
}

#[test]
fn a_struct_is_read_only_from_an_object() {
    let read = |text: &'static str| object::<One<'_>>(text.as_bytes(), Options::default());
    assert!(matches!(read(r#"{"a":"x","b":[{}]}"#).unwrap().a.0, Cow::Borrowed("x")));
    assert_eq!(read(r#"{"\u0061":"\u0078"}"#).unwrap().a.0, "x");
    for rejected in [r#"["x"]"#, r#"[{"a":"x"}]"#, r#"{"a":"x","b":{"c":1,"c":1}}"#] {
        assert!(read(rejected).is_err(), "{rejected}");
    }
    for other in [r#"{"a":7}"#, "{}"] {
        assert_eq!(read(other).unwrap_err(), Error::OtherType, "{other}");
    }
}

// S-89
#[test]
fn the_cost_of_reading_grows_at_most_with_the_length() {
    assert_linear_in_json("object", any_object);
    assert_linear_in_json("ignored", |text| object::<IgnoredAny>(text, Options::default()).is_ok());
    assert_linear_in_json("number", |text| object::<Numeric<'_>>(text, Options::default()).is_ok());
    let all = Options { skip_byte_order_mark: true, fold_names: true };
    assert_linear_in_json("folded", |text| object::<IgnoredAny>(text, all).is_ok());
}
