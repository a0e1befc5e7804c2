//! Ports and their implementations.

use auth_figures::{Method, fallible_methods, port_impls, ports};

use crate::file_of;

fn incomplete(methods: Vec<Method>) -> Vec<String> {
    methods.into_iter().filter(|method| !method.is_complete).map(|method| method.name).collect()
}

#[test]
fn a_fallible_port_method_needs_a_section_about_errors() {
    let text = "pub trait Port {\n/// A.\n///\n/// # Errors\n/// B.\nfn a() -> Result<(), E>;\n/// C.\nasync fn b() -> Result<(), E>;\n\
                fn c() -> u8;\n}";
    let file = file_of(text);
    assert_eq!(ports(&file), ["Port"]);
    assert_eq!(fallible_methods(&file).len(), 2);
    assert_eq!(incomplete(fallible_methods(&file)), ["Port::b"]);
}

#[test]
fn a_port_method_of_an_adapter_needs_a_span_without_arguments() {
    let text = "impl Port for A {\n#[tracing::instrument(level = \"debug\", skip_all)]\nasync fn a() {}\n\
                #[instrument(skip_all)]\nasync fn b() {}\n#[tracing::instrument(level = \"debug\")]\nfn c() {}\nfn d() {}\n}\n\
                impl Other for A { fn e() {} }";
    let impls = port_impls(&file_of(text), &["Port".to_owned()]);
    assert_eq!(impls.len(), 1);
    let methods = impls.into_iter().flat_map(|block| block.methods).collect();
    assert_eq!(incomplete(methods), ["Port::b", "Port::c", "Port::d"]);
}
