#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    reason = "this crate is test code, which fails by panicking"
)]

mod documented;
mod functions;
mod graph;
mod imports;
mod ports;
mod production;
mod refresh_path;
mod report;
mod resolve;
mod source;
mod tree;
mod words;
mod workspace;

pub use documented::PublicItem;
pub use functions::{Function, Panic};
pub use graph::UpwardImport;
pub use imports::{Imports, Place};
pub use ports::{Method, Trait, TraitImpl};
pub use refresh_path::{MAX_FILES, MAX_LINES, RefreshPath};
pub use report::{MAX_FUNCTION, Report};
pub use source::SourceFile;
pub use tree::{CrateTree, Module, Read};
pub use words::{Row, Search, WordList};
pub use workspace::{Crate, Workspace};
