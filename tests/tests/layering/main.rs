//! The structure of the workspace: the dependencies between crates, the imports between files, the files that crates have in
//! common, and what documents say about the code.

mod adapters;
mod allowed;
mod dependencies;
mod files;
mod modules;
mod packages;
mod ports;
mod sources;
mod texts;
