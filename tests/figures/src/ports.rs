//! Traits and their implementations: the ports of the domain, and the adapters.

use syn::{ImplItem, Item, ItemImpl, ItemTrait, Meta, ReturnType, TraitItem, Type};

use crate::documented::docs;

/// A method of a trait or of its implementation.
pub struct Method {
    /// The trait and the method, such as `Clock::now`.
    pub name: String,
    /// The line of the name.
    pub line: usize,
    /// Whether the method has what it needs: an `# Errors` section in a trait, a span in an implementation.
    pub is_complete: bool,
}

/// A trait.
pub struct Trait {
    /// The name.
    pub name: String,
    /// The methods that return a `Result`; each is complete with an `# Errors` section.
    pub fallible: Vec<Method>,
}

/// An implementation of a trait.
pub struct TraitImpl {
    /// The name of the trait.
    pub name: String,
    /// The methods; each is complete with `#[tracing::instrument(level = "debug", skip_all)]`.
    pub methods: Vec<Method>,
}

/// Returns the traits of a file.
pub(crate) fn traits(file: &syn::File) -> Vec<Trait> {
    let traits = file.items.iter().filter_map(|item| match item {
        Item::Trait(item) => Some(Trait { name: item.ident.to_string(), fallible: fallible_methods(item) }),
        _ => None,
    });
    traits.collect()
}

/// Returns the implementations of traits in a file.
pub(crate) fn trait_impls(file: &syn::File) -> Vec<TraitImpl> {
    let impls = file.items.iter().filter_map(|item| {
        let Item::Impl(block) = item else { return None };
        let name = block.trait_.as_ref()?.0.segments.last()?.ident.to_string();
        Some(TraitImpl { methods: methods_of(&name, block), name })
    });
    impls.collect()
}

fn fallible_methods(item: &ItemTrait) -> Vec<Method> {
    let method = |part: &TraitItem| match part {
        TraitItem::Fn(method) if returns_result(&method.sig.output) => Some(Method {
            name: format!("{}::{}", item.ident, method.sig.ident),
            line: method.sig.ident.span().start().line,
            is_complete: docs(&method.attrs).lines().any(|line| line.trim() == "# Errors"),
        }),
        _ => None,
    };
    item.items.iter().filter_map(method).collect()
}

fn returns_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, returned) = output else { return false };
    let Type::Path(path) = returned.as_ref() else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}

fn methods_of(name: &str, block: &ItemImpl) -> Vec<Method> {
    let method = |item: &ImplItem| match item {
        ImplItem::Fn(method) => Some(Method {
            name: format!("{name}::{}", method.sig.ident),
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
