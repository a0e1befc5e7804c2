//! The layers of the workspace: the dependencies between crates, and the files that crates have in common.

mod allowed;
mod dependencies;
mod files;
mod packages;
