use super::{One, any_object};
use crate::{Error, Options, object};

const FOLD: Options = Options { skip_byte_order_mark: false, fold_names: true };
const SKIP: Options = Options { skip_byte_order_mark: true, fold_names: false };

#[test]
fn a_byte_order_mark_is_skipped_only_on_request() {
    let marked = b"\xef\xbb\xbf{\"a\":\"x\"}";
    assert!(matches!(any_object(marked), Err(Error::Syntax { .. })));
    assert_eq!(object::<One<'_>>(marked, SKIP).unwrap().a.0, "x");
    let twice = b"\xef\xbb\xbf\xef\xbb\xbf{\"a\":\"x\"}";
    assert!(matches!(object::<One<'_>>(twice, SKIP), Err(Error::Syntax { .. })));
    assert_eq!(object::<One<'_>>(b"\xef\xbb\xbf", SKIP).unwrap_err(), Error::Empty);
}

#[test]
fn names_in_another_case_are_fields_only_on_request() {
    assert_eq!(object::<One<'_>>(br#"{"A":"x"}"#, FOLD).unwrap().a.0, "x");
    assert_eq!(object::<One<'_>>(br#"{"\u0041":"x"}"#, FOLD).unwrap().a.0, "x");
    assert_eq!(object::<One<'_>>(br#"{"A":"x"}"#, Options::default()).unwrap_err(), Error::OtherType);
}

#[test]
fn two_cases_of_a_name_are_a_repetition_only_when_folded() {
    let repeated = object::<One<'_>>(br#"{"a":"x","A":"x"}"#, FOLD).unwrap_err();
    assert!(matches!(repeated, Error::Repeated { field: Some("a"), .. }), "{repeated:?}");
    let unknown = object::<One<'_>>(br#"{"a":"x","b":{"cD":1,"CD":1}}"#, FOLD).unwrap_err();
    assert!(matches!(unknown, Error::Repeated { field: None, .. }), "{unknown:?}");
    assert_eq!(object::<One<'_>>(br#"{"a":"x","A":"y"}"#, Options::default()).unwrap().a.0, "x");
}

#[test]
fn only_ascii_letters_are_folded() {
    // The Kelvin sign and the dotted capital I have lower-case forms in ASCII.
    for text in ["{\"a\":\"x\",\"k\":1,\"\u{212a}\":1}", "{\"a\":\"x\",\"i\":1,\"\u{130}\":1}"] {
        assert_eq!(object::<One<'_>>(text.as_bytes(), FOLD).unwrap().a.0, "x");
    }
}
