//! The imports between the files of a crate.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, UseTree};

use crate::tree::{CrateTree, flatten};

/// Where a file imports another one for the first time.
#[derive(Clone, Debug)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The path as it is written.
    pub path: String,
}

/// The imports between the files of a crate, by the indexes of the importing and the imported file.
pub type Imports = BTreeMap<(usize, usize), Place>;

/// Returns all imports between different files of a crate, whose files have these items.
///
/// An import is a path in a `use` item, an expression, a type, an attribute or a macro that begins with `crate`, `self`,
/// `super`, the name of a child module or an imported module. A `mod` item is no import.
pub(crate) fn imports(tree: &CrateTree, syntax: &[syn::File]) -> Imports {
    let mut imports = Imports::new();
    let mut pending = vec![(0, syntax[0].items.as_slice())];
    while let Some((module, items)) = pending.pop() {
        let mut paths = Paths::default();
        for item in items {
            match item {
                Item::Mod(declared) => {
                    let child = tree.modules[module].children[&declared.ident.to_string()];
                    let inline = declared.content.as_ref().map(|(_, items)| items.as_slice());
                    let of_file = &syntax[tree.modules[child].file].items;
                    pending.push((child, inline.unwrap_or(of_file)));
                }
                item => paths.visit_item(item),
            }
        }
        paths.resolve(tree, module, &mut imports);
    }
    imports
}

/// The paths of some items.
#[derive(Default)]
struct Paths {
    found: Vec<(Vec<String>, Span)>,
}

impl Paths {
    fn resolve(&self, tree: &CrateTree, module: usize, imports: &mut Imports) {
        let from = tree.modules[module].file;
        for (path, span) in &self.found {
            if let Some(to) = tree.resolve(module, path).filter(|to| *to != from) {
                let place = Place { line: span.start().line, path: path.join("::") };
                imports.entry((from, to)).or_insert(place);
            }
        }
    }

    /// A single name without a prefix may be a local variable, so it is no import.
    fn add(&mut self, path: Vec<String>, span: Span) {
        if path.len() > 1 {
            self.found.push((path, span));
        }
    }

    /// Adds the paths of a macro or an attribute: names with `::` between them.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut start = Span::call_site();
        for token in tokens {
            match token {
                TokenTree::Ident(name) if colons == 2 && !path.is_empty() => path.push(name.to_string()),
                TokenTree::Ident(name) => {
                    self.add(std::mem::take(&mut path), start);
                    start = name.span();
                    path = if colons == 2 { Vec::new() } else { vec![name.to_string()] };
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => {
                    self.add(std::mem::take(&mut path), start);
                    self.scan(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => self.add(std::mem::take(&mut path), start),
            }
            colons = 0;
        }
        self.add(path, start);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let span = span_of(&item.tree);
            self.found.extend(flatten(&item.tree).into_iter().map(|import| (import.path, span)));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first()
            && path.leading_colon.is_none()
        {
            let names = path.segments.iter().map(|segment| segment.ident.to_string());
            self.add(names.collect(), first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    /// The body of a `macro_rules!` belongs to where it is used.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            visit::visit_item_macro(self, item);
        }
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.scan(list.tokens.clone());
    }

    /// `pub(super)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn span_of(tree: &UseTree) -> Span {
    match tree {
        UseTree::Path(path) => path.ident.span(),
        UseTree::Name(name) => name.ident.span(),
        UseTree::Rename(rename) => rename.ident.span(),
        UseTree::Glob(glob) => glob.star_token.spans[0],
        UseTree::Group(group) => group.brace_token.span.open(),
    }
}
