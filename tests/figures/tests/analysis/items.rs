//! The documentation of public items.

use crate::file_of;

fn undocumented(text: &str) -> Vec<String> {
    let items = file_of(text).public_items.into_iter();
    items.filter(|item| !item.is_documented).map(|item| item.name).collect()
}

#[test]
fn every_kind_of_undocumented_item_is_found() {
    let text = "pub fn a() {}\npub struct B { pub c: u8, d: u8 }\npub enum E { F { g: u8 } }\n\
                pub trait H { fn i(); }\nimpl B { pub fn j() {} fn k() {} pub const L: u8 = 0; }\npub mod m {}\npub const N: u8 = 0;";
    assert_eq!(undocumented(text), ["a", "B", "c", "E", "F", "g", "H", "i", "j", "L", "m", "N"]);
}

#[test]
fn documented_and_private_items_need_nothing() {
    let text = "/// A.\npub fn a() {}\nfn b() {}\npub(crate) struct C;\nenum D { E }\ntrait F { fn g(); }\npub mod h;\n\
                impl F for C { fn g() {} }\n#[doc = include_str!(\"x\")]\npub mod i {}";
    assert_eq!(undocumented(text), Vec::<String>::new());
}
