//! Check the programs, and saying which package has one that is missing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian keeps the programs of PostgreSQL, a folder for each version.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";
/// Where Debian keeps what administrators run, which only their PATH names.
const ADMINISTRATORS: &str = "/usr/sbin";

/// Returns the path of a program of Redis, such as `redis-server`.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn redis_program(name: &str) -> PathBuf {
    in_path(name).unwrap_or_else(|| missing(name, "redis-server"))
}

/// Returns the path of a program of PostgreSQL, such as `initdb`, of the newest version that is installed.
///
/// # Panics
/// When it is not installed.
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
/// When it is not installed.
#[must_use]
pub fn nginx_program() -> PathBuf {
    program_of("nginx", "nginx")
}

/// Returns the path of `haproxy`.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn haproxy_program() -> PathBuf {
    program_of("haproxy", "haproxy")
}

/// Returns the path of `caddy`.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn caddy_program() -> PathBuf {
    program_of("caddy", "caddy")
}

/// Returns the path of `java`, which runs a source file if the compiler is installed with it.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn java_program() -> PathBuf {
    program_of("java", "openjdk-17-jdk-headless")
}

fn program_of(name: &str, package: &str) -> PathBuf {
    let usual = Path::new(ADMINISTRATORS).join(name);
    in_path(name).or_else(|| usual.is_file().then_some(usual)).unwrap_or_else(|| missing(name, package))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The number in `/usr/lib/postgresql/15/bin/initdb`.
fn version(program: &Path) -> u32 {
    let name = program.ancestors().nth(2).and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn missing(name: &str, package: &str) -> ! {
    panic!("{name} is not installed, and without it nothing is tested: run `apt-get install {package}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "apt-get install redis-server")]
    fn a_missing_program_of_redis_is_a_failure_that_names_the_package() {
        let _ = redis_program("redis-server-that-nobody-has");
    }

    #[test]
    #[should_panic(expected = "apt-get install postgresql")]
    fn a_missing_program_of_postgres_is_a_failure_that_names_the_package() {
        let _ = postgres_program("initdb-that-nobody-has");
    }

    #[test]
    #[should_panic(expected = "apt-get install nginx")]
    fn a_missing_nginx_is_a_failure_that_names_the_package() {
        let _ = program_of("nginx-that-nobody-has", "nginx");
    }

    #[test]
    #[should_panic(expected = "apt-get install haproxy")]
    fn a_missing_haproxy_is_a_failure_that_names_the_package() {
        let _ = program_of("haproxy-that-nobody-has", "haproxy");
    }

    #[test]
    fn the_newest_postgres_is_taken() {
        assert!(
            version(Path::new("/usr/lib/postgresql/16/bin/initdb"))
                > version(Path::new("/usr/lib/postgresql/9/bin/initdb"))
        );
    }
}
