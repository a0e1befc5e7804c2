//! What happens to missing files.

/// What happens if a data directory, a key or a store is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// `serve` and `migrate` create it.
    Create,
    /// Every other command fails: it runs in the wrong directory, or before the first start.
    Fail,
}
