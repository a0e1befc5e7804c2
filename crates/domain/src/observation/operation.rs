//! The names of operations of stores.

/// Declares [`Operation`] and its names, so that each operation is written once.
macro_rules! operations {
    ($($(#[$doc:meta])* $operation:ident = $name:literal,)*) => {
        /// Why something is sent to a store. The name of a method of a port stands for that method.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $($(#[$doc])* $operation,)*
        }

        impl Operation {
            /// All operations, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$operation,)*];

            /// Returns the name in metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => $name,)*
                }
            }
        }
    };
}

operations! {
    /// A user is looked up by email.
    FindByEmail = "find_by_email",
    /// Users are looked up by id.
    FindById = "find_by_id",
    /// A page of users is read.
    Page = "page",
    /// The parameters of the stored password hashes are read.
    HashParameters = "hash_parameters",
    /// The default tenant is found or created.
    DefaultTenant = "default_tenant",
    /// Users are inserted.
    InsertAll = "insert_all",
    /// A user is deleted.
    Delete = "delete",
    /// The status of a user is changed.
    SetStatus = "set_status",
    /// A password hash is replaced.
    ReplacePasswordHash = "replace_password_hash",
    /// A session is opened.
    Open = "open",
    /// A refresh token is replaced by its successor.
    Rotate = "rotate",
    /// A session is ended.
    End = "end",
    /// Sessions of a user are ended.
    EndAll = "end_all",
    /// The access tokens of ended sessions are denylisted, if that is a call of its own.
    DenylistEnded = "denylist_ended",
    /// The sessions of a user are listed.
    List = "list",
    /// Access tokens are looked up in the denylist.
    Contains = "contains",
    /// An access token is denylisted.
    Add = "add",
    /// A login attempt is reserved.
    Reserve = "reserve",
    /// A login attempt is settled.
    Settle = "settle",
    /// Failed logins are cleared.
    Clear = "clear",
    /// The known addresses of an email are forgotten.
    ForgetAddresses = "forget_addresses",
    /// The login limit of an email is read.
    Status = "status",
    /// The refresh tokens of the legacy service are read or changed.
    Legacy = "legacy",
    /// The embedded store commits what its callers write.
    Commit = "commit",
    /// A connection is opened.
    Connect = "connect",
    /// Readiness, settings and idle connections are checked.
    Check = "check",
    /// The clock of the server is read.
    ReadClock = "read_clock",
    /// Scripts are loaded again.
    LoadScripts = "load_scripts",
}

impl Operation {
    /// Returns the place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_has_its_own_name_and_place() {
        let names: HashSet<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        assert_eq!(names.len(), Operation::ALL.len());
        for (place, operation) in Operation::ALL.iter().enumerate() {
            assert_eq!(operation.index(), place);
        }
    }
}
