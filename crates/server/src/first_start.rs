//! The first start on an empty embedded store: an owner account, and three calls to try it with.

use std::env::args_os;
use std::fs::{File, metadata};
use std::io::{self, Write, stdout};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::time::Duration;

use auth_domain::model::{Email, Event, Password, PasswordPolicy, Role};
use auth_domain::ports::{Entropy, UserListing, start_request};
use auth_domain::use_cases::{CreateUser, EndSessions, ManageUsers};
use tracing::warn;
use zeroize::Zeroizing;

use crate::compose::Parts;
use crate::failure::Failure;

/// The email of the account that the first start makes.
const OWNER: &str = "owner@example.com";
/// How long making the account may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The characters of a generated password: 32 of them, none needs quoting anywhere.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Creates the bootstrap owner if there is no user, and prints its password once.
///
/// It goes to standard output and never through the log. It is printed before the account is created: an account whose
/// password was lost would keep the next start from creating one (S-93).
pub(crate) async fn welcome(parts: &Parts, listening: SocketAddr) -> Result<(), Failure> {
    let request_time = start_request(&*parts.clock, PATIENCE);
    // A row that cannot be read is a user, too.
    if parts.users.list(request_time).await? != UserListing::default() {
        return Ok(());
    }
    let password = random_password(&*parts.entropy)?;
    let manage = ManageUsers {
        users: parts.users.clone(),
        hasher: parts.hasher.clone(),
        strength: parts.strength.clone(),
        end_sessions: EndSessions { sessions: parts.sessions.clone() },
        entropy: parts.entropy.clone(),
        // The generated password is stronger than any minimum length asks for.
        policy: PasswordPolicy { min_length: 1 },
    };
    let parsed =
        Password::parse(password.to_string()).map_err(|error| Failure::Startup(error.to_string()))?;
    let email = Email::from_trusted(OWNER.to_owned());
    let owner = CreateUser { email, password: parsed, role: Role::Owner, tenant_id: None };
    if let Err(error) = print(&Zeroizing::new(banner(&password, listening))) {
        warn!(
            event = Event::BootstrapOwnerSkipped.name(),
            %error,
            "no bootstrap owner was created, because its password could not be printed to standard output; \
             run `hooksentry-auth user create --email EMAIL --role owner --password-stdin`, or start again with a readable standard output"
        );
        return Ok(());
    }
    manage.create(owner, request_time).await?;
    Ok(())
}

/// Prints to standard output, unless that is the null device. The runtime opens the null device when standard output is closed.
fn print(text: &str) -> io::Result<()> {
    let output = File::from(stdout().as_fd().try_clone_to_owned()?).metadata()?;
    if output.file_type().is_char_device() && output.rdev() == metadata("/dev/null")?.rdev() {
        return Err(io::Error::other("it is closed or /dev/null"));
    }
    stdout().write_all(text.as_bytes())?;
    stdout().flush()
}

/// 32 characters of 5 bits each, in groups of eight.
fn random_password(entropy: &dyn Entropy) -> Result<Zeroizing<String>, Failure> {
    let mut chance = Zeroizing::new([0; 32]);
    entropy.fill(&mut *chance)?;
    let mut password = Zeroizing::new(String::with_capacity(35));
    for (position, byte) in chance.iter().enumerate() {
        if position > 0 && position % 8 == 0 {
            password.push('-');
        }
        password.push(ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from));
    }
    Ok(password)
}

/// Returns the program as it was called, so that the printed command works where it is not on the PATH.
fn program(called: Option<String>) -> String {
    let is_plain =
        |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    called.filter(|name| !name.is_empty() && is_plain(name)).unwrap_or_else(|| "hooksentry-auth".to_owned())
}

fn banner(password: &str, listening: SocketAddr) -> String {
    let program = program(args_os().next().and_then(|name| name.into_string().ok()));
    let base = format!("http://{}/api/v1/auth", reachable(listening));
    let json = "-H 'Content-Type: application/json'";
    let curl = format!("curl -s -w '\\n%{{http_code}}\\n' -X POST {base}");
    // The value of one JSON field, with nothing but sed.
    let field = |answer: &str, name: &str| {
        format!("$(echo \"${answer}\" | sed -n 's/.*\"{name}\":\"\\([^\"]*\\)\".*/\\1/p')")
    };
    let (new_refresh, new_access) = (field("REFRESH", "refreshToken"), field("REFRESH", "accessToken"));
    let first_refresh = field("LOGIN", "refreshToken");
    format!(
        r#"
First start: an owner account was made. Its password is shown this once.

  email     {OWNER}
  password  {password}

Change it if this output is kept, as a service log is: run this, and type a new one, Enter and Ctrl-D.

  {program} user set-password {OWNER} --password-stdin

Log in, refresh and log out, by pasting these lines into a shell (200, 200, 204):

LOGIN=$({curl}/login {json} -d @- <<'END'
{{"email":"{OWNER}","password":"{password}"}}
END
); echo "$LOGIN"
REFRESH=$({curl}/refresh {json} -d @- <<END
{{"refreshToken":"{first_refresh}"}}
END
); echo "$REFRESH"
{curl}/logout {json} -H "Authorization: Bearer {new_access}" -d @- <<END
{{"refreshToken":"{new_refresh}"}}
END

"#
    )
}

/// The address to call: one that listens everywhere is reached on this machine.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use auth_domain::mocks::counting_entropy;

    use super::*;

    #[test]
    fn a_generated_password_has_160_bits_and_needs_no_quoting() {
        let password = random_password(&counting_entropy()).unwrap();
        assert_eq!(password.len(), 35);
        assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }

    #[test]
    fn printed_command_calls_the_program_as_it_was_called() {
        for called in ["target/release/hooksentry-auth", "/usr/local/bin/hooksentry-auth", "hooksentry-auth"]
        {
            assert_eq!(program(Some(called.to_owned())), called);
        }
        for unusable in [None, Some(String::new()), Some("/my programs/hooksentry-auth".to_owned())] {
            assert_eq!(program(unusable), "hooksentry-auth");
        }
    }

    #[test]
    fn the_calls_go_to_an_address_that_answers_on_this_machine() {
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(reachable("[::]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(reachable("192.0.2.1:80".parse().unwrap()).to_string(), "192.0.2.1:80");
    }
}
