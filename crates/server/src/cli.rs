//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::build_info::{LONG_VERSION, VERSION};

/// The end of the help.
const AFTER_HELP: &str = "\
Settings come from built-in defaults, then --config FILE, then environment variables named
HOOKSENTRY_AUTH__SECTION__KEY. docs/configuration.md lists all settings.

On SIGHUP the server reads the files with secrets and certificates again.

Exit codes: 0 success; 1 failure; 2 invalid settings or arguments.";

/// Login, refresh and logout for the HookSentry dashboard API.
///
/// Without a command it starts the server. The other commands work on the configured stores, also while a
/// server uses them.
#[derive(Debug, Parser)]
#[command(name = "hooksentry-auth", version = VERSION, long_version = LONG_VERSION.as_str(), after_help = AFTER_HELP)]
pub(crate) struct Cli {
    /// Read settings from this TOML file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server (the default)
    Serve,
    /// Migrate the stores to the version of this program
    Migrate,
    /// Check the settings and the configured stores
    Doctor {
        /// Print one JSON object for each check on a line of its own
        #[arg(long)]
        json: bool,
    },
    /// Ask the running server whether it is ready: exit code 0 or 1, for containers and scripts. It needs no store and no secret
    Healthcheck {
        /// Ask only whether the process serves
        #[arg(long)]
        live: bool,
    },
    /// Check or show the settings; no store is contacted
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write the manual pages and the completions of shells, for a package
    #[command(hide = true)]
    PackageFiles {
        /// The folder to write into
        folder: PathBuf,
    },
    /// Copy the embedded store into a new file, also while a server uses it
    Backup {
        /// The file to create; an existing one is not overwritten
        file: PathBuf,
    },
    /// Manage the generated signing key of the embedded store
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage users
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the sessions of a user
    #[command(subcommand)]
    Session(SessionCommand),
    /// Manage the limit of failed logins
    #[command(subcommand)]
    Limit(LimitCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check that `serve` accepts the settings, and print each problem
    Check,
    /// Print each setting with its value and its source; secrets are masked
    Show {
        /// Print one JSON object for each setting on a line of its own, ordered by name
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Generate a new key, with which the server signs after its next restart or SIGHUP; no user is logged out
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Create an active user
    Create(CreateArgs),
    /// List all users
    List {
        /// Print one JSON object for each user on a line of its own, ordered by id; a hash is never printed
        #[arg(long)]
        json: bool,
    },
    /// Create users from a file with one JSON object on each line; users who exist are not changed
    Import {
        /// The file; `-` for standard input. docs/operations.md describes the fields
        file: PathBuf,
        /// Import the other lines if some are invalid
        #[arg(long)]
        skip_invalid: bool,
    },
    /// Delete a user, with their sessions, known addresses and failed logins. References with ON DELETE CASCADE are deleted as well
    Delete {
        /// The user's email
        email: String,
    },
    /// Allow a user to log in again
    Activate {
        /// The user's email
        email: String,
    },
    /// Prevent a user from logging in, end all of their sessions, and forget their known addresses
    Deactivate {
        /// The user's email
        email: String,
    },
    /// Set a new password, end all sessions of the user, and forget their known addresses
    SetPassword {
        /// The user's email
        email: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The user's email
    #[arg(long)]
    pub(crate) email: String,
    /// The user's role on the HookSentry platform
    #[arg(long, value_enum, default_value_t = RoleArg::Developer)]
    pub(crate) role: RoleArg,
    /// The id of an existing tenant; without it, the installation's default tenant
    #[arg(long, value_name = "UUID")]
    pub(crate) tenant: Option<Uuid>,
    #[command(flatten)]
    pub(crate) password: FirstPasswordArgs,
}

/// Neither a password nor a hash is an argument: every process of the machine can read arguments.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FirstPasswordArgs {
    /// Read the password from standard input; one trailing newline is removed
    #[arg(long)]
    password_stdin: bool,
    /// Read a password hash of another program from standard input
    #[arg(long)]
    pub(crate) password_hash_stdin: bool,
}

/// A password is never an argument: every process of the machine can read arguments.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from standard input; one trailing newline is removed
    #[arg(long, required = true)]
    password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List the live sessions of a user
    List {
        /// The user's email
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// Print one JSON object for each session on a line of its own
        #[arg(long)]
        json: bool,
    },
    /// End one session of a user, or all of them
    End {
        /// The user's email
        #[arg(long, value_name = "EMAIL")]
        user: String,
        #[command(flatten)]
        which: WhichSession,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichSession {
    /// End every session of the user, and forget their known addresses
    #[arg(long)]
    all: bool,
    /// The id of the session to end, from `session list`
    pub(crate) session: Option<Uuid>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LimitCommand {
    /// Show the failed logins of an email
    List {
        /// The email
        #[arg(long)]
        email: String,
    },
    /// Forget failed logins, so that the next login is possible at once
    Clear {
        #[command(flatten)]
        which: WhichLimit,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichLimit {
    /// Forget the failed logins and the known addresses of this email
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Forget the failed logins from this address; for IPv6 from its /64 and its /48
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleArg {
    Owner,
    Admin,
    Developer,
    Viewer,
}
