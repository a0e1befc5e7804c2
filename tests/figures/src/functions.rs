//! Long functions, and functions that panic on purpose.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Signature};

use crate::source::Lines;

/// Each with the number of its arguments: other types have methods of the same name.
const PANICKING_METHODS: [(&str, usize); 4] =
    [("unwrap", 0), ("unwrap_err", 0), ("expect", 1), ("expect_err", 1)];
const PANICKING_MACROS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

/// A function and its length.
pub struct Function {
    /// The name.
    pub name: String,
    /// The line of the name.
    pub line: usize,
    /// The production lines from the signature to the closing brace.
    pub len: usize,
}

/// A call that panics.
pub struct Panic {
    /// The name of the method or macro.
    pub name: String,
    /// The line of the name.
    pub line: usize,
}

/// Returns all functions and methods that have a body.
pub(crate) fn functions(file: &syn::File, lines: &Lines) -> Vec<Function> {
    let mut lengths = Lengths { lines, found: Vec::new() };
    lengths.visit_file(file);
    lengths.found
}

/// Returns all calls of methods and macros that panic.
pub(crate) fn panics(file: &syn::File) -> Vec<Panic> {
    let mut panics = Panics(Vec::new());
    panics.visit_file(file);
    panics.0
}

struct Lengths<'a> {
    lines: &'a Lines,
    found: Vec<Function>,
}

impl Lengths<'_> {
    fn add(&mut self, signature: &Signature, block: &Block) {
        let len = self.lines.between(signature.span(), block.brace_token.span.close());
        let line = signature.ident.span().start().line;
        self.found.push(Function { name: signature.ident.to_string(), line, len });
    }
}

impl<'ast> Visit<'ast> for Lengths<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

struct Panics(Vec<Panic>);

impl Panics {
    fn add(&mut self, name: &str, span: Span) {
        self.0.push(Panic { name: name.to_owned(), line: span.start().line });
    }

    /// Adds the calls among the arguments of a macro.
    fn scan(&mut self, tokens: TokenStream) {
        let mut previous: Option<TokenTree> = None;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(name) => {
                    let text = name.to_string();
                    let is_method = is_punct(previous.as_ref(), '.');
                    let is_macro = is_punct(tokens.peek(), '!');
                    if is_method && PANICKING_METHODS.iter().any(|(method, _)| *method == text)
                        || is_macro && PANICKING_MACROS.contains(&text.as_str())
                    {
                        self.add(&text, name.span());
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            previous = Some(token);
        }
    }
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

impl<'ast> Visit<'ast> for Panics {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if PANICKING_METHODS.contains(&(&name, call.args.len())) {
            self.add(&name, call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(last) = call.path.segments.last()
            && PANICKING_MACROS.contains(&last.ident.to_string().as_str())
        {
            self.add(&last.ident.to_string(), last.ident.span());
        }
        self.scan(call.tokens.clone());
    }
}
