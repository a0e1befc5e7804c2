use serde::Deserialize;

use crate::{Error, Number, Options, object};

#[derive(Debug, Deserialize)]
struct Numbers<'a> {
    #[serde(borrow)]
    n: Number<'a>,
}

fn number(text: &str) -> Result<&str, Error> {
    object::<Numbers<'_>>(text.as_bytes(), Options::default()).map(|numbers| numbers.n.as_str())
}

#[test]
fn a_number_is_the_text_of_the_number() {
    for text in ["0", "-0", "7", "-7.50", "1783690319.9999999999", "1e999", "1E+05", "18446744073709551616"] {
        assert_eq!(number(&format!(r#"{{"n": {text} ,"y":1}}"#)), Ok(text));
    }
    let long = "9".repeat(1_000);
    assert_eq!(number(&format!(r#"{{"n":{long}}}"#)), Ok(&*long));
}

#[test]
fn every_other_type_is_no_number() {
    for value in ["null", "true", r#""7""#, r#""-""#, "[]", "[7]", "{}", r#"{"n":7}"#] {
        assert_eq!(number(&format!(r#"{{"n":{value}}}"#)), Err(Error::OtherType), "{value}");
    }
}

#[test]
fn a_number_that_breaks_the_grammar_is_not_json() {
    for text in ["01", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_0", "Infinity", "NaN", "--1", "1-"] {
        let error = number(&format!(r#"{{"n":{text}}}"#)).unwrap_err();
        assert!(matches!(error, Error::Syntax { .. }), "{text}: {error:?}");
    }
    assert!(matches!(number(r#"{"n":7"#), Err(Error::Incomplete(_))));
}

#[test]
fn members_after_a_number_are_read_strictly() {
    assert!(matches!(number(r#"{"n":7,"n":7}"#), Err(Error::Repeated { field: Some("n"), .. })));
    assert!(matches!(number(r#"{"n":7,"x":{"a":1,"a":1}}"#), Err(Error::Repeated { .. })));
}
