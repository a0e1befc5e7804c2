//! Production lines, long functions and panics.

use crate::file_of;

#[test]
fn comments_blank_lines_and_tests_are_not_counted() {
    let text = "//! Docs.\n\n// Comment.\nuse a::b; // Comment.\n/// Docs\n/// of two lines.\n/* Long\ncomment. */\nfn f() {\n\
                let text = \"one\n\n    two\";\n}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n\n#[cfg(not(test))]\nfn h() {}\n";
    // `use`, `fn`, two lines of text, `}`, and the two of `h`.
    assert_eq!(file_of(text).len(), 7);
}

#[test]
fn test_code_inside_of_items_is_not_counted() {
    let text = "struct A {\n    #[cfg(test)]\n    b: u8,\n}\nimpl A {\n    #[cfg(test)]\n    fn c() {}\n}\n";
    assert_eq!(file_of(text).len(), 4);
}

#[test]
fn a_function_is_as_long_as_its_production_lines() {
    let text = "/// Docs.\n#[must_use]\nfn f(\n    a: u8,\n) {\n    // Comment.\n\n    g();\n}\nimpl A {\n    fn h() {}\n}";
    let found: Vec<_> = file_of(text).functions.into_iter().map(|it| (it.name, it.line, it.len)).collect();
    assert_eq!(found, [("f".to_owned(), 3, 5), ("h".to_owned(), 11, 1)]);
}

#[test]
fn panics_are_found_in_code_and_in_macros() {
    let text = "fn f() {\n    a.unwrap();\n    a.expect(\"b\");\n    format!(\"{}\", a.unwrap());\n    panic!();\n    \
                core::unreachable!()\n}\n";
    let found: Vec<_> = file_of(text).panics.into_iter().map(|it| (it.name, it.line)).collect();
    let expected = [("unwrap", 2), ("expect", 3), ("unwrap", 4), ("panic", 5), ("unreachable", 6)];
    assert_eq!(found, expected.map(|(name, line)| (name.to_owned(), line)));
}

#[test]
fn other_methods_of_the_same_name_do_not_panic() {
    let text = "fn f() { head.expect(); a.unwrap_or(0); }\n#[test]\nfn g() { a.unwrap(); }";
    assert_eq!(file_of(text).panics.len(), 0);
}
