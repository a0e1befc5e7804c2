//! Removes test code, which `cfg` attributes mark.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Field, ImplItem, Item, Meta, Stmt, TraitItem};

/// Removes test code from a file and returns its first and last lines.
pub(crate) fn remove_tests(file: &mut syn::File) -> Vec<(usize, usize)> {
    let mut remover = Remover { removed: Vec::new() };
    remover.visit_file_mut(file);
    remover.removed
}

/// Returns whether the attributes make an item test code: `#[test]`, or a `cfg` whose condition has `test`
/// outside of `not(…)`. `cfg(any(test, feature = "mocks"))` is test code too.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && names_test(list.tokens.clone()),
        Meta::NameValue(_) => false,
    })
}

fn names_test(condition: TokenStream) -> bool {
    let mut is_negated = false;
    for token in condition {
        match token {
            TokenTree::Ident(name) if name == "test" => return true,
            TokenTree::Ident(name) => is_negated = name == "not",
            TokenTree::Group(group) if !is_negated && names_test(group.stream()) => return true,
            _ => {}
        }
    }
    false
}

struct Remover {
    removed: Vec<(usize, usize)>,
}

impl Remover {
    fn keep<T: Spanned>(&mut self, part: &T, attributes: &[Attribute]) -> bool {
        let is_test = is_test(attributes);
        if is_test {
            let span = part.span();
            self.removed.push((span.start().line, span.end().line));
        }
        !is_test
    }
}

impl VisitMut for Remover {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items.retain(|item| self.keep(item, of_item(item)));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| self.keep(item, of_item(item)));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| self.keep(item, of_impl_item(item)));
        visit_mut::visit_item_impl_mut(self, block);
    }

    fn visit_item_trait_mut(&mut self, item: &mut syn::ItemTrait) {
        item.items.retain(|item| self.keep(item, of_trait_item(item)));
        visit_mut::visit_item_trait_mut(self, item);
    }

    fn visit_fields_named_mut(&mut self, fields: &mut syn::FieldsNamed) {
        let all = std::mem::take(&mut fields.named);
        fields.named = all.into_iter().filter(|field: &Field| self.keep(field, &field.attrs)).collect();
        visit_mut::visit_fields_named_mut(self, fields);
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| self.keep(statement, of_statement(statement)));
        visit_mut::visit_block_mut(self, block);
    }
}

/// Returns the attributes of an item.
pub(crate) fn of_item(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn of_impl_item(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

fn of_trait_item(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

fn of_statement(statement: &Stmt) -> &[Attribute] {
    match statement {
        Stmt::Local(local) => &local.attrs,
        Stmt::Item(item) => of_item(item),
        Stmt::Macro(call) => &call.attrs,
        Stmt::Expr(..) => &[],
    }
}
