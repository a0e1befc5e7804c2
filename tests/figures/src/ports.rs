//! The ports of the domain and the adapters that implement them.

use syn::{ImplItem, Item, ItemImpl, Meta, ReturnType, TraitItem, Type};

use crate::documented::docs;
use crate::source::SourceFile;

/// A method of a port or of its implementation.
pub struct Method {
    /// The port and the method, such as `Clock::now`.
    pub name: String,
    /// The line of the name.
    pub line: usize,
    /// Whether the method has what it needs: an `# Errors` section in a port, a span in an adapter.
    pub is_complete: bool,
}

/// An implementation of a port by an adapter.
pub struct PortImpl {
    /// The name of the port.
    pub port: String,
    /// Its methods; each is complete with `#[tracing::instrument(level = "debug", skip_all)]`.
    pub methods: Vec<Method>,
}

/// Returns the names of the traits of a file of ports.
pub fn ports(file: &SourceFile) -> Vec<String> {
    traits(file).map(|item| item.ident.to_string()).collect()
}

/// Returns the methods of a file of ports that return a `Result`; each is complete with an `# Errors` section.
pub fn fallible_methods(file: &SourceFile) -> Vec<Method> {
    let mut methods = Vec::new();
    for port in traits(file) {
        for item in &port.items {
            if let TraitItem::Fn(method) = item
                && returns_result(&method.sig.output)
            {
                methods.push(Method {
                    name: format!("{}::{}", port.ident, method.sig.ident),
                    line: method.sig.ident.span().start().line,
                    is_complete: docs(&method.attrs).lines().any(|line| line.trim() == "# Errors"),
                });
            }
        }
    }
    methods
}

/// Returns the implementations of `ports` in a file.
pub fn port_impls(file: &SourceFile, ports: &[String]) -> Vec<PortImpl> {
    let of_port = |item: &Item| {
        let Item::Impl(block) = item else { return None };
        let name = block.trait_.as_ref()?.0.segments.last()?.ident.to_string();
        ports.contains(&name).then(|| PortImpl { methods: methods_of(&name, block), port: name })
    };
    file.syntax.items.iter().filter_map(of_port).collect()
}

fn traits(file: &SourceFile) -> impl Iterator<Item = &syn::ItemTrait> {
    file.syntax.items.iter().filter_map(|item| match item {
        Item::Trait(item) => Some(item),
        _ => None,
    })
}

fn returns_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, returned) = output else { return false };
    let Type::Path(path) = returned.as_ref() else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}

fn methods_of(port: &str, block: &ItemImpl) -> Vec<Method> {
    let method = |item: &ImplItem| match item {
        ImplItem::Fn(method) => Some(Method {
            name: format!("{port}::{}", method.sig.ident),
            line: method.sig.ident.span().start().line,
            is_complete: method.attrs.iter().any(|attribute| is_span(&attribute.meta)),
        }),
        _ => None,
    };
    block.items.iter().filter_map(method).collect()
}

fn is_span(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return false };
    let arguments = list.tokens.to_string().replace(' ', "");
    list.path.segments.last().is_some_and(|last| last.ident == "instrument")
        && arguments.contains("level=\"debug\"")
        && arguments.contains("skip_all")
}
