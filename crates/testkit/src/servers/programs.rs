//! Paths of the server programs. A missing program is an error that names its Debian package.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the PostgreSQL programs on Debian, with one subfolder per version.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";
/// The folder of system programs on Debian, which is not in the PATH of an ordinary user.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Returns the path of a program of Redis, such as `redis-server`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn redis_program(name: &str) -> PathBuf {
    in_path(name).unwrap_or_else(|| missing(name, "redis-server"))
}

/// Returns the path of a program of PostgreSQL, such as `initdb`, in the newest installed version.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir(POSTGRES_VERSIONS).into_iter().flatten().filter_map(Result::ok);
    let programs = versions.map(|version| version.path().join("bin").join(name));
    let newest = programs.filter(|program| program.is_file()).max_by_key(|program| version(program));
    newest.or_else(|| in_path(name)).unwrap_or_else(|| missing(name, "postgresql"))
}

/// Returns the path of `nginx`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn nginx_program() -> PathBuf {
    program_of("nginx", "nginx")
}

/// Returns the path of `pgbouncer`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn pgbouncer_program() -> PathBuf {
    program_of("pgbouncer", "pgbouncer")
}

/// Returns the path of `haproxy`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn haproxy_program() -> PathBuf {
    program_of("haproxy", "haproxy")
}

/// Returns the path of `caddy`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn caddy_program() -> PathBuf {
    program_of("caddy", "caddy")
}

/// Returns the path of `java`. It can run a source file if the JDK is installed.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn java_program() -> PathBuf {
    program_of("java", "openjdk-17-jdk-headless")
}

/// Returns the path of a program of Prometheus, such as `promtool`.
///
/// # Panics
/// If the program is not installed.
#[must_use]
pub fn prometheus_program(name: &str) -> PathBuf {
    program_of(name, "prometheus")
}

fn program_of(name: &str, package: &str) -> PathBuf {
    let usual = Path::new(SYSTEM_PROGRAMS).join(name);
    in_path(name).or_else(|| usual.is_file().then_some(usual)).unwrap_or_else(|| missing(name, package))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Returns the version of a program path, such as 15 for `/usr/lib/postgresql/15/bin/initdb`.
fn version(program: &Path) -> u32 {
    let name = program.ancestors().nth(2).and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn missing(name: &str, package: &str) -> ! {
    panic!("{name} is not installed, and the tests need it: run `apt-get install {package}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "apt-get install redis-server")]
    fn missing_redis_program_is_an_error_with_its_package() {
        let _ = redis_program("redis-server-missing");
    }

    #[test]
    #[should_panic(expected = "apt-get install postgresql")]
    fn missing_postgres_program_is_an_error_with_its_package() {
        let _ = postgres_program("initdb-missing");
    }

    #[test]
    #[should_panic(expected = "apt-get install nginx")]
    fn missing_nginx_is_an_error_with_its_package() {
        let _ = program_of("nginx-missing", "nginx");
    }

    #[test]
    #[should_panic(expected = "apt-get install haproxy")]
    fn missing_haproxy_is_an_error_with_its_package() {
        let _ = program_of("haproxy-missing", "haproxy");
    }

    #[test]
    fn newest_postgres_has_the_highest_version() {
        assert!(
            version(Path::new("/usr/lib/postgresql/16/bin/initdb"))
                > version(Path::new("/usr/lib/postgresql/9/bin/initdb"))
        );
    }
}
