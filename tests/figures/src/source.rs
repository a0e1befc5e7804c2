//! One Rust file and its production code.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};

use crate::documented::{PublicItem, public_items};
use crate::functions::{Function, Panic, functions, panics};
use crate::ports::{Trait, TraitImpl, trait_impls, traits};
use crate::production;

/// What is in a Rust file, without its test code.
pub struct SourceFile {
    /// The path from the root of the workspace.
    pub path: String,
    /// The module path of the file inside its crate; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// The functions and methods that have a body.
    pub functions: Vec<Function>,
    /// The calls that panic.
    pub panics: Vec<Panic>,
    /// What is `pub`.
    pub public_items: Vec<PublicItem>,
    /// The traits.
    pub traits: Vec<Trait>,
    /// The implementations of traits.
    pub trait_impls: Vec<TraitImpl>,
    lines: Lines,
}

/// The numbers of the production lines of a file, from 1.
pub(crate) struct Lines(BTreeSet<usize>);

impl SourceFile {
    /// Parses the text of a file, and returns its items without test code too.
    ///
    /// # Panics
    /// If the text is not Rust.
    pub fn parse(path: &str, module: &[String], text: &str) -> (Self, syn::File) {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut lines = BTreeSet::new();
        let source: Vec<&str> = text.lines().collect();
        mark(tokens.clone(), &source, &mut lines);
        let mut syntax = syn::parse2(tokens).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (first, last) in production::remove_tests(&mut syntax) {
            lines.retain(|line| !(first..=last).contains(line));
        }
        let lines = Lines(lines);
        let file = Self {
            path: path.to_owned(),
            module: module.to_vec(),
            functions: functions(&syntax, &lines),
            panics: panics(&syntax),
            public_items: public_items(&syntax),
            traits: traits(&syntax),
            trait_impls: trait_impls(&syntax),
            lines,
        };
        (file, syntax)
    }

    /// Returns the number of production lines.
    pub fn len(&self) -> usize {
        self.lines.0.len()
    }

    /// Returns whether the file has no production line.
    pub fn is_empty(&self) -> bool {
        self.lines.0.is_empty()
    }
}

impl Lines {
    /// Returns the number of production lines from the start of one span to the end of another.
    pub(crate) fn between(&self, first: Span, last: Span) -> usize {
        self.0.range(first.start().line..=last.end().line).count()
    }
}

/// Adds the lines of all tokens except doc comments. The lexer has dropped the other comments.
fn mark(tokens: TokenStream, source: &[&str], lines: &mut BTreeSet<usize>) {
    for token in tokens {
        if is_doc_comment(token.span(), source) {
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                lines.extend([group.span_open().start().line, group.span_close().start().line]);
                mark(group.stream(), source, lines);
            }
            token => {
                let span = token.span();
                let is_blank = |line: &usize| source[line - 1].trim().is_empty();
                lines.extend((span.start().line..=span.end().line).filter(|line| !is_blank(line)));
            }
        }
    }
}

fn is_doc_comment(span: Span, source: &[&str]) -> bool {
    let start = span.start();
    let Some(line) = source.get(start.line.saturating_sub(1)) else {
        return false;
    };
    let rest: String = line.chars().skip(start.column).take(2).collect();
    rest == "//" || rest == "/*"
}
