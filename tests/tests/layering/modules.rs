//! The imports between the files of a crate.

use crate::sources::workspace;

#[test]
fn no_crate_has_an_import_cycle() {
    let cycles = workspace().crates.iter().flat_map(|part| part.tree.cycles());
    let cycles: Vec<_> = cycles.map(|cycle| cycle.join(" imports ")).collect();
    assert!(cycles.is_empty(), "run `just figures`:\n{}", cycles.join("\n"));
}

#[test]
fn no_module_imports_from_its_parent() {
    let upward = workspace().crates.iter().flat_map(|part| part.tree.upward_imports());
    let upward: Vec<_> =
        upward.map(|it| format!("{}:{}: {}", it.from, it.place.line, it.place.path)).collect();
    assert!(upward.is_empty(), "run `just figures`:\n{}", upward.join("\n"));
}

#[test]
fn the_model_imports_no_port() {
    let domain = workspace().crates.iter().find(|it| it.folder == "crates/domain").unwrap();
    let file = |index: usize| domain.tree.files[index].path.as_str();
    let mut from_model = 0;
    for ((from, to), place) in &domain.tree.imports {
        if file(*from).starts_with("crates/domain/src/model") {
            from_model += 1;
            let (from, to) = (file(*from), file(*to));
            assert!(!to.starts_with("crates/domain/src/ports"), "{from}:{} imports {to}", place.line);
        }
    }
    assert!(from_model > 10, "{from_model} imports");
}
