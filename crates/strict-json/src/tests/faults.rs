use super::{One, any_object};
use crate::{Options, object};

/// Returns what is wrong with a text, or nothing if it is an object.
fn fault(text: &[u8]) -> Option<String> {
    any_object(text).err().map(|error| error.to_string())
}

#[test]
fn each_fault_has_its_own_text_with_its_position() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let rows: [(&[u8], &str); 28] = [
        (b"", "is empty; send a JSON object"),
        (b" \r\n\t", "is empty; send a JSON object"),
        (b"null", "must be a JSON object, not null"),
        (b"[{},[1]]", "must be a JSON object, not an array"),
        (b"\"text\"", "must be a JSON object, not a string"),
        (b"42", "must be a JSON object, not a number"),
        (b"-4.2", "must be a JSON object, not a number"),
        (b"true", "must be a JSON object, not a boolean"),
        (b"[] []", "has data after its JSON object (line 1, column 4)"),
        (b"{} {}", "has data after its JSON object (line 1, column 4)"),
        (b"{}\0", "has data after its JSON object (line 1, column 3)"),
        (b"{", "ends before its JSON object is complete (line 1, column 1)"),
        (b"{\"a\":\"b", "ends before its JSON object is complete (line 1, column 7)"),
        (b"a=1", "is not JSON: expected value (line 1, column 1)"),
        (b"{'a':1}", "is not JSON: key must be a string (line 1, column 2)"),
        (b"{\"x\":1,}", "is not JSON: trailing comma (line 1, column 8)"),
        (b"{\n\"x\":1 \"y\":2}", "is not JSON: expected `,` or `}` (line 2, column 7)"),
        (b"{\"x\":1e999}", "is not JSON: number out of range (line 1, column 10)"),
        (b"\xef\xbb\xbf{}", "is not JSON: expected value (line 1, column 1)"),
        (b"\xff\xfe{\0}\0", "is not valid UTF-8 (after 0 bytes)"),
        (b"{\"a\":\"\xed\xa0\x80\"}", "is not valid UTF-8 (after 6 bytes)"),
        (deep.as_bytes(), "is nested more than 127 levels deep (line 1, column 132)"),
        (br#"{"a":"\ud800"}"#, "has a string with half of a surrogate pair (line 1, column 13)"),
        (br#"{"a":"\udc00abc"}"#, "has a string with half of a surrogate pair (line 1, column 12)"),
        (br#"{"a":"\ud800\u0041"}"#, "has a string with half of a surrogate pair (line 1, column 18)"),
        (br#"{"a":1,"\u0061":1}"#, "has a field twice (line 1, column 15)"),
        (br#"{"a":{"b":1,"b":1}}"#, "has a field twice (line 1, column 15)"),
        (br#"{"a":[{"b":1,"b":1}]}"#, "has a field twice (line 1, column 16)"),
    ];
    for (text, expected) in rows {
        assert_eq!(fault(text).as_deref(), Some(expected), "{}", String::from_utf8_lossy(text));
    }
}

// S-32
#[test]
fn a_repeated_name_is_shown_only_if_the_type_has_the_field() {
    let fault = |text| object::<One<'_>>(text, Options::default()).unwrap_err().to_string();
    assert_eq!(fault(br#"{"a":"x","\u0061":"x"}"#), "has the field a twice (line 1, column 17)");
    assert_eq!(fault(br#"{"secret":1,"secret":1}"#), "has a field twice (line 1, column 20)");
}
