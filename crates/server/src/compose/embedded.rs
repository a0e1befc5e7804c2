//! The adapters for the embedded store: one SQLite file in the data directory. It is opened only if a backend uses it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_adapter_sqlite::{
    OpenMode, SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteLoginLimiter, SqliteSessionStore,
    SqliteUserRepository, diagnose_files,
};
use auth_domain::model::{PasswordHash, RequestTime};
use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Check, Clock, Entropy, PasswordHasher, PortError, UserRepository};

use super::generated_key::previous_lifetime;
use super::purpose::Purpose;
use super::stores::{On, TokenPorts, TokenStore};
use crate::command_error::CommandError;
use crate::config::{CredentialsBackend, Secret, Settings, TokensBackend};
use crate::data_dir::{DataDir, DirLocks, Missing, PreviousKey};
use crate::dependency::{Dependencies, Dependency, Depth};

/// The parts of the data directory that are used so far.
pub(super) struct EmbeddedStore<'a> {
    settings: &'a Settings,
    purpose: Purpose,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
    dir: Option<OpenDir>,
    database: Option<Embedded>,
}

/// The open data directory.
struct OpenDir {
    data_dir: DataDir,
    /// The locks, if the process may create files.
    locks: Option<DirLocks>,
}

impl<'a> EmbeddedStore<'a> {
    /// Opens nothing yet.
    pub(super) fn new(
        settings: &'a Settings,
        purpose: Purpose,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { settings, purpose, hasher, clock, dir: None, database: None }
    }

    pub(super) fn data_dir(&mut self) -> Result<&DataDir, CommandError> {
        let dir = match &mut self.dir {
            Some(dir) => dir,
            none => none.insert(OpenDir::open(self.settings, self.purpose)?),
        };
        Ok(&dir.data_dir)
    }

    /// Returns the generated signing key and, for the server, the key before the last rotation.
    pub(super) fn keys(
        &mut self,
        entropy: &dyn Entropy,
    ) -> Result<(Secret, Option<PreviousKey>), CommandError> {
        let (purpose, now) = (self.purpose, self.clock.now());
        let lifetime = previous_lifetime(self.settings);
        let dir = self.data_dir()?;
        let key = dir.signing_key(entropy, purpose.missing())?;
        let previous = match purpose {
            Purpose::Serve { .. } => dir.previous_key(now, lifetime, entropy)?,
            Purpose::Migrate | Purpose::Administer | Purpose::Diagnose => None,
        };
        Ok((key, previous))
    }

    pub(super) fn users(&mut self) -> Result<On<Arc<dyn UserRepository>>, CommandError> {
        // One writer thread and its readers serve all workers.
        let users: Arc<dyn UserRepository> = Arc::new(SqliteUserRepository::new(self.database()?));
        Ok(Box::new(move |_| users.clone()))
    }

    pub(super) fn tokens(&mut self) -> Result<TokenStore, CommandError> {
        let denylist_margin = self.settings.tokens.denylist_margin;
        let limits = self.settings.login_limit.limits;
        let database = self.database()?;
        let denylist = Arc::new(SqliteDenylist::new(database, denylist_margin));
        let ports = TokenPorts {
            sessions: Arc::new(SqliteSessionStore::new(database, denylist_margin)),
            // Never a cache, because the command line also writes to the file.
            verification: denylist.clone(),
            denylist,
            legacy: None,
        };
        Ok(TokenStore {
            ports: Box::new(move |_| ports.clone()),
            denylist_cache: None,
            limiter: Arc::new(SqliteLoginLimiter::new(database, limits)),
        })
    }

    /// Adds the store to the dependencies if it is used, and returns the locks on the data directory.
    pub(super) fn finish(self, dependencies: &mut Dependencies) -> Option<DirLocks> {
        dependencies.extend(self.database.map(|database| Arc::new(database) as Arc<dyn Dependency>));
        self.dir?.locks
    }

    fn database(&mut self) -> Result<&SqliteDatabase, CommandError> {
        let is_server = matches!(self.purpose, Purpose::Serve { .. });
        let dir = self.data_dir()?;
        let config = SqliteConfig { path: dir.database(), server_lock: is_server.then(|| dir.server_lock()) };
        let embedded = match &mut self.database {
            Some(embedded) => embedded,
            none => none.insert(Embedded::open(
                config,
                mode(self.settings, self.purpose),
                self.hasher.clone(),
                self.clock.clone(),
            )?),
        };
        Ok(&embedded.database)
    }
}

impl OpenDir {
    fn open(settings: &Settings, purpose: Purpose) -> Result<Self, CommandError> {
        let data_dir = DataDir::open(&settings.data_dir, purpose.missing())?;
        let locks = match purpose {
            Purpose::Serve { .. } => Some(data_dir.lock_for_serving()?),
            Purpose::Migrate => Some(data_dir.lock_for_setup(Missing::Create)?),
            Purpose::Administer | Purpose::Diagnose => None,
        };
        Ok(Self { data_dir, locks })
    }
}

/// Copies the embedded store into a new file. Returns the data directory.
///
/// # Errors
/// [`CommandError`] if there is no embedded store, or if the copy cannot be made.
pub(crate) fn back_up(settings: &Settings, file: &Path) -> Result<DataDir, CommandError> {
    let is_used = matches!(settings.credentials, CredentialsBackend::Embedded)
        || matches!(settings.tokens.backend, TokensBackend::Embedded);
    if !is_used {
        return Err(CommandError::Failed(
            "these settings use no embedded store; back up Postgres and Redis with their own tools"
                .to_owned(),
        ));
    }
    let data_dir = DataDir::open(&settings.data_dir, Missing::Fail)?;
    let copied = auth_adapter_sqlite::back_up(&SqliteConfig::new(data_dir.database()), file);
    copied.map_err(|problem| CommandError::Failed(problem.to_string()))?;
    Ok(data_dir)
}

fn mode(settings: &Settings, purpose: Purpose) -> OpenMode {
    let default = OpenMode::default();
    let start_pause = settings.tokens.sessions.access_ttl + settings.tokens.denylist_margin;
    OpenMode {
        check_integrity: match purpose {
            Purpose::Serve { .. } | Purpose::Diagnose => true,
            Purpose::Migrate | Purpose::Administer => false,
        },
        mark: matches!(purpose, Purpose::Serve { .. }),
        create_missing: purpose.missing() == Missing::Create,
        start_pause,
        clock_jump_window: [start_pause, settings.tokens.sessions.refresh_ttl]
            .into_iter()
            .chain(settings.login_limit.limits.known_for)
            .fold(default.clock_jump_window, Duration::max),
        ..default
    }
}

struct Embedded {
    database: SqliteDatabase,
    hasher: Arc<dyn PasswordHasher>,
    path: PathBuf,
}

impl Embedded {
    fn open(
        config: SqliteConfig,
        mode: OpenMode,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CommandError> {
        let database = SqliteDatabase::open(&config, mode, clock);
        let database = database.map_err(|problem| CommandError::Failed(problem.to_string()))?;
        Ok(Self { database, hasher, path: config.path })
    }
}

#[async_trait]
impl Dependency for Embedded {
    fn name(&self) -> &'static str {
        "embedded_store"
    }

    fn round_trips(&self) -> (&'static str, &RoundTrips) {
        ("embedded", self.database.round_trips())
    }

    /// The file is open already.
    async fn connect(&self, _request_time: RequestTime) -> Result<(), PortError> {
        Ok(())
    }

    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.database.ping(request_time).await
    }

    /// The integrity was checked when the file was opened.
    async fn diagnose(&self, depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        self.database.ping(request_time).await?;
        let sound = Check::ok(format!("{} has no damage, and can be read and written", self.path.display()));
        let mut checks = vec![sound];
        let of_files = diagnose_files(&SqliteConfig::new(&self.path));
        checks.extend(of_files.map_err(|error| PortError::unavailable(error.to_string()))?);
        if depth == Depth::Rows {
            let hasher = self.hasher.clone();
            let usability = move |stored: &PasswordHash| hasher.usability(stored);
            checks.extend(self.database.diagnose_users(usability, request_time).await?);
        }
        Ok(checks)
    }

    /// The tables were migrated when the file was opened.
    async fn migrate(&self, _request_time: RequestTime) -> Result<String, PortError> {
        Ok(format!("{} is up to date", self.path.display()))
    }
}
