//! The structure of the workspace: the dependencies between crates, the imports between files, and the files that crates have in
//! common.

mod adapters;
mod allowed;
mod dependencies;
mod files;
mod modules;
mod packages;
mod sources;
