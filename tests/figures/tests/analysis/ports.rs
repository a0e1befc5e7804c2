//! Ports and their implementations.

use auth_figures::Method;

use crate::file_of;

fn incomplete(methods: &[Method]) -> Vec<&str> {
    methods.iter().filter(|method| !method.is_complete).map(|method| method.name.as_str()).collect()
}

#[test]
fn a_fallible_port_method_needs_a_section_about_errors() {
    let text = "pub trait Port {\n/// A.\n///\n/// # Errors\n/// B.\nfn a() -> Result<(), E>;\n/// C.\nasync fn b() -> Result<(), E>;\n\
                fn c() -> u8;\n}";
    let file = file_of(text);
    let [port] = file.traits.as_slice() else { panic!("{} traits", file.traits.len()) };
    assert_eq!((port.name.as_str(), port.fallible.len()), ("Port", 2));
    assert_eq!(incomplete(&port.fallible), ["Port::b"]);
}

#[test]
fn a_port_method_of_an_adapter_needs_a_span_without_arguments() {
    let text = "impl Port for A {\n#[tracing::instrument(level = \"debug\", skip_all)]\nasync fn a() {}\n\
                #[instrument(skip_all)]\nasync fn b() {}\n#[tracing::instrument(level = \"debug\")]\nfn c() {}\nfn d() {}\n}\n\
                impl Other for A { fn e() {} }";
    let file = file_of(text);
    let [port, other] = file.trait_impls.as_slice() else { panic!("{} impls", file.trait_impls.len()) };
    assert_eq!((port.name.as_str(), other.name.as_str()), ("Port", "Other"));
    assert_eq!(incomplete(&port.methods), ["Port::b", "Port::c", "Port::d"]);
}
