//! Prints the figures of the workspace, or of the files below the folder that is the argument.
#![expect(clippy::print_stdout, reason = "its output is what the program is for")]

use auth_figures::{Report, Workspace};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_default();
    print!("{}", Report::of(&Workspace::read(), folder.trim_start_matches("./")));
}
