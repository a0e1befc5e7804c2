//! What every port and every implementation of one has.

use crate::sources::workspace;

#[test]
fn every_fallible_port_method_documents_its_errors() {
    let ports = workspace().port_files().flat_map(|file| &file.traits);
    let methods: Vec<_> = ports.flat_map(|port| &port.fallible).collect();
    assert!(methods.len() >= 20, "{} methods", methods.len());
    let without: Vec<_> = methods.iter().filter(|method| !method.is_complete).map(|it| &it.name).collect();
    assert_eq!(without, Vec::<&String>::new());
}

#[test]
fn every_port_method_of_an_adapter_has_a_span() {
    let impls = workspace().port_impls();
    assert!(impls.len() >= 9, "{} implementations", impls.len());
    let methods = impls.iter().flat_map(|(file, block)| block.methods.iter().map(move |it| (file, it)));
    let without = methods.filter(|(_, method)| !method.is_complete);
    let without: Vec<_> =
        without.map(|(file, it)| format!("{}:{}: {}", file.path, it.line, it.name)).collect();
    assert_eq!(without, Vec::<String>::new());
}
