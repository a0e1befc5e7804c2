//! Import cycles and upward imports.

use crate::crate_of;

fn cycles(files: &[(&str, &str)]) -> Vec<String> {
    let tree = crate_of(files);
    tree.cycles().iter().map(|cycle| cycle.join(" ")).collect()
}

fn upward_imports(files: &[(&str, &str)]) -> Vec<(String, usize, String)> {
    let tree = crate_of(files);
    let upward = tree.upward_imports();
    upward.iter().map(|it| (it.from.to_owned(), it.place.line, it.to.to_owned())).collect()
}

#[test]
fn a_cycle_of_three_files_is_found_once() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B(super::c::C);"),
        ("c.rs", "pub struct C;\nfn f() { let _ = crate::a::A::new; }"),
        ("d.rs", "use crate::a::A;"),
    ];
    assert_eq!(cycles(&files), ["a.rs b.rs c.rs"]);
}

#[test]
fn imports_in_one_direction_are_no_cycle() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B;"),
    ];
    assert_eq!(cycles(&files), Vec::<String>::new());
}

#[test]
fn paths_in_macros_and_attributes_are_imports() {
    for import in [
        "fn f() { assert!(x, crate::b::g()); }",
        "#[table(name = crate::b::g)]\nstruct S;",
        "fn f() { crate::b::g!(); }",
    ] {
        let files = [("lib.rs", "mod a;\nmod b;"), ("a.rs", import), ("b.rs", "use crate::a::f;\nfn g() {}")];
        assert_eq!(cycles(&files), ["a.rs b.rs"], "{import}");
    }
}

#[test]
fn imports_of_test_code_are_ignored() {
    let test = "#[cfg(test)]\nmod tests { use crate::b::B; }\n#[cfg(any(test, feature = \"mocks\"))]\nuse crate::b::B;";
    let files = [("lib.rs", "mod a;\nmod b;"), ("a.rs", test), ("b.rs", "use crate::a;\npub struct B;")];
    assert_eq!(cycles(&files), Vec::<String>::new());
}

#[test]
fn a_file_of_tests_is_not_read() {
    let files = [("lib.rs", "#[cfg(test)]\nmod tests;\npub struct A;")];
    assert_eq!(crate_of(&files).files.len(), 1);
}

#[test]
fn an_import_from_the_parent_is_upward() {
    let files = [
        ("src/lib.rs", "mod store;\npub const ROOT: u8 = 0;"),
        ("src/store.rs", "mod rows;\npub struct Store;"),
        ("src/store/rows.rs", "\nuse super::Store;\nconst A: u8 = crate::ROOT;"),
    ];
    let expected = [
        ("src/store/rows.rs".to_owned(), 3, "src/lib.rs".to_owned()),
        ("src/store/rows.rs".to_owned(), 2, "src/store.rs".to_owned()),
    ];
    assert_eq!(upward_imports(&files), expected);
}

#[test]
fn an_import_of_a_sibling_is_not_upward() {
    let files = [
        ("src/lib.rs", "mod store;"),
        ("src/store.rs", "mod key;\nmod rows;\npub use key::Key;\nuse rows as lines;"),
        ("src/store/key.rs", "pub struct Key;"),
        ("src/store/rows.rs", "use super::Key;\nuse super::key::Key as Other;\nuse super::lines;"),
    ];
    assert_eq!(upward_imports(&files), []);
}

#[test]
fn a_re_exported_name_is_imported_from_its_definition() {
    let files = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "mod inner;\npub use inner::*;"),
        ("a/inner.rs", "use crate::b::B;\npub struct A;"),
        ("b.rs", "use crate::a::A;\npub struct B;"),
    ];
    assert_eq!(cycles(&files), ["a/inner.rs b.rs"]);
}

#[test]
fn an_import_of_an_item_of_a_macro_in_the_parent_is_upward() {
    let files = [("lib.rs", "mod a;\ntable! { users }"), ("a.rs", "use crate::users;")];
    assert_eq!(upward_imports(&files).len(), 1);
}

#[test]
fn an_inline_module_belongs_to_its_file() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a.rs", "pub struct A;\nmod inner { use super::A; mod deep { use super::super::A; } }"),
    ];
    assert_eq!((upward_imports(&files), cycles(&files)), (Vec::new(), Vec::new()));
}

#[test]
fn a_local_variable_named_like_a_module_is_no_import() {
    let files = [("lib.rs", "mod a;\nfn f(a: u8) -> u8 { assert!(a); a }"), ("a.rs", "")];
    assert_eq!(crate_of(&files).imports.len(), 0);
}

#[test]
fn visibilities_and_other_crates_are_no_imports() {
    let text = "pub(in crate::a) struct A;\npub(super) fn f() { ::std::mem::drop(tokio::spawn(0)); }";
    let files = [("lib.rs", "mod a;\nuse tokio::time;\nuse redis::redis;"), ("a.rs", text)];
    assert_eq!(crate_of(&files).imports.len(), 0);
}
