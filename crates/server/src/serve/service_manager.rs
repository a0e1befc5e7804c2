//! Notifications of the service manager, which are used by a systemd unit with `Type=notify`.

use auth_domain::model::Event;
use sd_notify::NotifyState;
use tracing::warn;

/// Reports that the listeners accept connections.
pub(super) fn ready() {
    notify(NotifyState::Ready);
}

/// Reports that the shutdown has started.
pub(super) fn stopping() {
    notify(NotifyState::Stopping);
}

/// Sends a state to the socket that `NOTIFY_SOCKET` names; does nothing without that variable.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!(
            event = Event::ServiceManagerNotNotified.name(),
            %error,
            "the service manager could not be notified and may stop this process; check NOTIFY_SOCKET, and use Type=exec without systemd"
        );
    }
}
