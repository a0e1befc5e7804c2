//! The names of the log events, which `docs/logging.md` lists with their fields.

/// Declares [`Event`] and its names, so that each event is written once.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal,)*) => {
        /// An event of the log: the value of the field `event` of a log line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// All events.
            pub const ALL: &[Self] = &[$(Self::$event,)*];

            /// Returns the name in the log.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }
        }
    };
}

events! {
    /// The public port is open.
    Listening = "listening",
    /// The admin port is open.
    AdminListening = "admin_listening",
    /// The largest number of connections to Postgres.
    PostgresConnections = "postgres_connections",
    /// The start-up check reports a warning or an error.
    Diagnostics = "diagnostics",
    /// A JWT key can be guessed, and the settings accept it.
    WeakKey = "weak_key",
    /// The secrets and authorities were read again.
    SecretsReloaded = "secrets_reloaded",
    /// The secrets and authorities were read again and cannot be used; the present ones stay.
    SecretsRejected = "secrets_rejected",
    /// An administrative command generated a new signing key.
    SigningKeyRotated = "signing_key_rotated",
    /// A request was answered.
    Request = "request",
    /// A login succeeded.
    LoginSucceeded = "login_succeeded",
    /// A login had invalid credentials.
    LoginFailed = "login_failed",
    /// The login limit rejected an attempt.
    LoginBlocked = "login_blocked",
    /// A refresh succeeded.
    RefreshSucceeded = "refresh_succeeded",
    /// A refresh token was rejected, and its session did not end because of this.
    RefreshFailed = "refresh_failed",
    /// A used refresh token was presented again within its grace period.
    RefreshTokenReusedInGracePeriod = "refresh_token_reused_in_grace_period",
    /// A limit of refreshes rejected a refresh.
    RefreshBlocked = "refresh_blocked",
    /// A used refresh token was presented again after its grace period; its session has ended.
    RefreshReuseDetected = "refresh_reuse_detected",
    /// A session ended by a logout.
    LogoutSucceeded = "logout_succeeded",
    /// The refresh token of a logout does not belong to the caller.
    LogoutForeignToken = "logout_foreign_token",
    /// A bearer token was rejected.
    AccessTokenRejected = "access_token_rejected",
    /// The number of rejections of one client and reason that were not logged one by one.
    RejectionsSuppressed = "rejections_suppressed",
    /// An administrative command changed a user.
    UserChanged = "user_changed",
    /// An administrative command created users from a file.
    UsersImported = "users_imported",
    /// A request to the admin listener had a wrong secret.
    AdminSecretWrong = "admin_secret_wrong",
    /// Sessions of a user ended at the request of the HookSentry platform or by an administrative command.
    SessionsEnded = "sessions_ended",
    /// An administrative command cleared the login limit of an email.
    LoginLimitCleared = "login_limit_cleared",
    /// A login attempt may stay unsettled and then counts as a failure.
    SettlementLost = "settlement_lost",
    /// A session that no client knows may stay until it expires.
    UnclaimedSession = "unclaimed_session",
    /// Connections cannot be accepted.
    AcceptFailed = "accept_failed",
    /// An accepted connection failed before its first request.
    ConnectionFailed = "connection_failed",
    /// The limit of open files cannot be raised.
    FileLimit = "file_limit",
    /// The service manager that `NOTIFY_SOCKET` names could not be notified.
    ServiceManagerNotNotified = "service_manager_not_notified",
    /// Connections are closed because a limit is reached.
    ConnectionLimit = "connection_limit",
    /// A dependency is unreachable or overloaded.
    Unavailable = "unavailable",
    /// A dependency or a record is broken.
    Defect = "defect",
    /// A row of `users` cannot be read.
    UnreadableRow = "unreadable_row",
    /// The costs of the stored hashes.
    HashCosts = "hash_costs",
    /// The program has a defect.
    Panic = "panic",
    /// The number of log lines that were dropped.
    LogLinesDropped = "log_lines_dropped",
    /// The number of spans that were not exported.
    TracesLost = "traces_lost",
    /// The number of security events that are missing in the audit stream.
    AuditEventsLost = "audit_events_lost",
    /// The target of the audit stream cannot be written.
    AuditWriteFailed = "audit_write_failed",
    /// The first start created the bootstrap owner.
    BootstrapOwnerCreated = "bootstrap_owner_created",
    /// The first start created no account.
    BootstrapOwnerSkipped = "bootstrap_owner_skipped",
    /// The readiness check found a dependency down.
    DependencyDown = "dependency_down",
    /// The readiness check found a dependency up again.
    DependencyUp = "dependency_up",
    /// The denylist cache is in use.
    DenylistCacheCurrent = "denylist_cache_current",
    /// The denylist cache is not in use until it is current again.
    DenylistCacheLost = "denylist_cache_lost",
    /// Many users share one peer that is not a listed proxy.
    UnlistedProxySuspected = "unlisted_proxy_suspected",
    /// The embedded store cannot move its log into the database file.
    CheckpointFailed = "checkpoint_failed",
    /// The embedded store cannot delete expired rows.
    CleanupFailed = "cleanup_failed",
    /// A stored password hash cannot be used.
    StoredHashUnusable = "stored_hash_unusable",
    /// The kernel that computes password hashes.
    PasswordKernel = "password_kernel",
    /// A kernel computes wrong password hashes and is not used.
    PasswordKernelRejected = "password_kernel_rejected",
    /// The priority of the threads for password hashes cannot be lowered.
    HashPriorityNotLowered = "hash_priority_not_lowered",
    /// The process serves requests.
    Started = "started",
    /// The process begins to stop.
    Stopping = "stopping",
    /// The process has stopped.
    Stopped = "stopped",
}
