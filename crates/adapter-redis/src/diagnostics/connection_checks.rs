//! The checks of the clock and of the protection of connections.

use auth_domain::ports::Check;

use crate::address::Transport;
use crate::clock::{MAX_SKEW, skew_text};

/// Checks the difference of the clocks in microseconds.
pub(super) fn clock(skew: i64) -> Check {
    if skew.abs() > MAX_SKEW {
        return Check::error(skew_text(skew));
    }
    Check::ok("its clock agrees with ours within 2 s")
}

pub(super) fn transport(transport: Transport) -> Check {
    match transport {
        Transport::Tls => {
            Check::ok("the connection is encrypted, and the certificate of the server is verified")
        }
        Transport::TlsWithAnyName => Check::warning(
            "the connection is encrypted, but each certificate of a public authority is accepted (sslmode=verify-ca); remove \
             sslmode from REDIS__URL, or set REDIS__CA_FILE",
        ),
        Transport::Local => Check::ok("the connection stays on this machine"),
        Transport::PlainText => Check::warning(
            "tokens are sent to another machine in plain text (REDIS__ALLOW_PLAIN_TEXT); use rediss:// unless the network \
             itself is encrypted",
        ),
    }
}
