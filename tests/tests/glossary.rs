//! The names of the code in `docs/glossary.md` exist.

use auth_e2e::sources;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/glossary.md"));

#[test]
fn every_name_of_the_code_in_the_glossary_exists() {
    let code = sources::below(&["crates"]);
    let names: Vec<&str> = PAGE.split('`').skip(1).step_by(2).filter(|name| is_type(name)).collect();
    assert!(names.len() > 20, "the glossary has {} names", names.len());
    for name in names {
        let parts: Vec<&str> = name.split("::").collect();
        assert!(parts.iter().all(|part| code.contains(part)), "{name} is not in the code");
    }
}

/// Returns whether a name is that of a type or of its method, and not of a setting or a header.
fn is_type(name: &str) -> bool {
    let has_lower_case = name.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':' || byte == b'_');
    is_name && has_lower_case && name.starts_with(|letter: char| letter.is_ascii_uppercase())
}
