//! Paths that more than one module names.

/// The endpoint that proxies ask about each request of the HookSentry platform.
pub(super) const VERIFY: &str = "/api/v1/auth/verify";
