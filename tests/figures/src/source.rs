//! One Rust file and its production code.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};

use crate::production;

/// A Rust file without its test code.
pub struct SourceFile {
    /// The path from the root of the workspace.
    pub path: String,
    /// The module path of the file inside its crate; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// The items of the file without test code.
    pub syntax: syn::File,
    /// The numbers of the production lines, from 1.
    lines: BTreeSet<usize>,
}

impl SourceFile {
    /// Parses the text of a file.
    ///
    /// # Panics
    /// If the text is not Rust.
    pub fn parse(path: &str, module: &[String], text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut lines = BTreeSet::new();
        let source: Vec<&str> = text.lines().collect();
        mark(tokens.clone(), &source, &mut lines);
        let mut syntax = syn::parse2(tokens).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (first, last) in production::remove_tests(&mut syntax) {
            lines.retain(|line| !(first..=last).contains(line));
        }
        Self { path: path.to_owned(), module: module.to_vec(), syntax, lines }
    }

    /// Returns the number of production lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns whether the file has no production line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the number of production lines from the start of one span to the end of another.
    pub fn lines_between(&self, first: Span, last: Span) -> usize {
        self.lines.range(first.start().line..=last.end().line).count()
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
