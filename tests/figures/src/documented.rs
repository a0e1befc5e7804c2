//! Which public items are documented.

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Ident, Item, Lit, Meta, Visibility};

use crate::production::of_item;

/// A public item.
pub struct PublicItem {
    /// The name.
    pub name: String,
    /// The line of the name.
    pub line: usize,
    /// Whether it has a doc comment.
    pub is_documented: bool,
}

/// Returns what is `pub`: items, fields, methods, the methods of traits, the variants of enums and their named fields.
pub(crate) fn public_items(file: &syn::File) -> Vec<PublicItem> {
    let mut items = PublicItems(Vec::new());
    items.visit_file(file);
    items.0
}

/// Returns the doc comment of an item.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(doc) = &attribute.meta {
            if let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &doc.value {
                text.push_str(&line.value());
            } else {
                text.push_str("included");
            }
            text.push('\n');
        }
    }
    text
}

struct PublicItems(Vec<PublicItem>);

impl PublicItems {
    fn add(&mut self, name: &Ident, attributes: &[Attribute]) {
        let is_documented = !docs(attributes).trim().is_empty();
        self.0.push(PublicItem { name: name.to_string(), line: name.span().start().line, is_documented });
    }

    fn add_if_public(&mut self, visibility: &Visibility, name: &Ident, attributes: &[Attribute]) {
        if matches!(visibility, Visibility::Public(_)) {
            self.add(name, attributes);
        }
    }
}

impl<'ast> Visit<'ast> for PublicItems {
    fn visit_item(&mut self, item: &'ast Item) {
        let public = match item {
            Item::Const(item) => Some((&item.vis, &item.ident)),
            Item::Enum(item) => Some((&item.vis, &item.ident)),
            Item::Fn(item) => Some((&item.vis, &item.sig.ident)),
            // A module in a file of its own is documented there.
            Item::Mod(item) if item.content.is_some() => Some((&item.vis, &item.ident)),
            Item::Static(item) => Some((&item.vis, &item.ident)),
            Item::Struct(item) => Some((&item.vis, &item.ident)),
            Item::Trait(item) => Some((&item.vis, &item.ident)),
            Item::Type(item) => Some((&item.vis, &item.ident)),
            _ => None,
        };
        if let Some((visibility, name)) = public {
            self.add_if_public(visibility, name, of_item(item));
        }
        visit::visit_item(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(name) = &field.ident {
            self.add_if_public(&field.vis, name, &field.attrs);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if !matches!(item.vis, Visibility::Public(_)) {
            return;
        }
        for variant in &item.variants {
            self.add(&variant.ident, &variant.attrs);
            for field in &variant.fields {
                field.ident.iter().for_each(|name| self.add(name, &field.attrs));
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if !matches!(item.vis, Visibility::Public(_)) {
            return;
        }
        for item in &item.items {
            match item {
                syn::TraitItem::Const(item) => self.add(&item.ident, &item.attrs),
                syn::TraitItem::Fn(item) => self.add(&item.sig.ident, &item.attrs),
                syn::TraitItem::Type(item) => self.add(&item.ident, &item.attrs),
                _ => {}
            }
        }
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.add_if_public(&item.vis, &item.ident, &item.attrs);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add_if_public(&item.vis, &item.sig.ident, &item.attrs);
    }
}
