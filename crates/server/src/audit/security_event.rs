//! The kinds of security events, each with what is always the same about it.

use auth_domain::model::Event;
use serde::Serialize;
use tracing::Level;

/// The outcome of what a security event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It was done.
    Success,
    /// It was rejected, or it failed.
    Failure,
    /// A limit rejected it.
    Blocked,
}

/// Declares [`SecurityEvent`], so that each kind is written once.
macro_rules! security_events {
    ($($kind:ident = $level:ident, $outcome:ident, $message:literal;)*) => {
        /// The kind of a security event. Its name is that of the log event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum SecurityEvent {
            $(
                #[doc = concat!("The log event of the same name: ", $message, ".")]
                $kind,
            )*
        }

        impl SecurityEvent {
            /// All kinds.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Returns the log event.
            pub(crate) const fn event(self) -> Event {
                match self {
                    $(Self::$kind => Event::$kind,)*
                }
            }

            /// Returns the level of the log line.
            pub(super) const fn level(self) -> Level {
                match self {
                    $(Self::$kind => Level::$level,)*
                }
            }

            /// Returns the outcome.
            pub(super) const fn outcome(self) -> Outcome {
                match self {
                    $(Self::$kind => Outcome::$outcome,)*
                }
            }

            /// Returns the message of the log line.
            pub(super) const fn message(self) -> &'static str {
                match self {
                    $(Self::$kind => $message,)*
                }
            }
        }
    };
}

security_events! {
    LoginSucceeded = INFO, Success, "logged in";
    LoginFailed = INFO, Failure, "login rejected";
    LoginBlocked = WARN, Blocked, "login blocked by the limit";
    RefreshSucceeded = INFO, Success, "refreshed";
    RefreshFailed = INFO, Failure, "refresh rejected";
    RefreshBlocked = INFO, Blocked, "refresh blocked by a limit";
    RefreshTokenReusedInGracePeriod = INFO, Failure, "a used refresh token was presented again in its grace period; nothing ended";
    RefreshReuseDetected = WARN, Failure, "a used refresh token was presented again; the session ended";
    LogoutSucceeded = INFO, Success, "logged out";
    LogoutForeignToken = WARN, Failure, "the refresh token is not the caller's";
    UserChanged = INFO, Success, "a user was changed";
    UsersImported = INFO, Success, "users were imported";
    SessionsEnded = INFO, Success, "sessions of a user were ended";
    LoginLimitCleared = INFO, Success, "the login limit was cleared";
    AdminSecretWrong = WARN, Failure, "the admin secret was wrong";
    BootstrapOwnerCreated = INFO, Success, "the first start created an owner";
    SigningKeyRotated = INFO, Success, "a new signing key was generated";
    SecretsReloaded = INFO, Success, "the secrets were read again; those that have changed are in use";
    SecretsRejected = ERROR, Failure, "the secrets were read again and cannot be used, so all present ones stay; correct them and send SIGHUP";
    DependencyDown = WARN, Failure, "the dependency is down";
    DependencyUp = INFO, Success, "the dependency is up again";
    Started = INFO, Success, "the service has started";
    Stopped = INFO, Success, "stopped";
    AuditEventsLost = WARN, Failure, "audit records were lost";
    RejectionsSuppressed = INFO, Failure, "more rejections than have a record of their own";
}

impl SecurityEvent {
    /// Returns whether a client can cause the event without limit, also one without credentials.
    pub(super) const fn is_repeatable(self) -> bool {
        matches!(
            self,
            Self::LoginFailed
                | Self::LoginBlocked
                | Self::RefreshFailed
                | Self::RefreshBlocked
                | Self::RefreshTokenReusedInGracePeriod
                | Self::LogoutForeignToken
                | Self::AdminSecretWrong
        )
    }
}
