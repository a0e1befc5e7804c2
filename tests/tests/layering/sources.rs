//! The sources of the workspace, read once for all tests.

use std::sync::LazyLock;

use auth_figures::Workspace;

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(Workspace::read);

pub(crate) fn workspace() -> &'static Workspace {
    &WORKSPACE
}
