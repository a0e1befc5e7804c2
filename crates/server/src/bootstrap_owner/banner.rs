//! The text that the first start prints: the account, and three calls to try it with.

use std::env::args_os;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Returns the text for the account and the address that the server listens on.
pub(super) fn banner(email: &str, password: &str, listening: SocketAddr) -> String {
    let program = program(args_os().next().and_then(|name| name.into_string().ok()));
    let base = format!("http://{}/api/v1/auth", reachable(listening));
    let json = "-H 'Content-Type: application/json'";
    let curl = format!("curl -s -w '\\n%{{http_code}}\\n' -X POST {base}");
    let (new_refresh, new_access) = (field("REFRESH", "refreshToken"), field("REFRESH", "accessToken"));
    let first_refresh = field("LOGIN", "refreshToken");
    format!(
        r#"
First start: the bootstrap owner was created. Its password is printed only this once.

  email     {email}
  password  {password}

If this output is kept, in the log of a service for example, change the password: run this command, type a new password, and
press Enter and Ctrl-D.

  {program} user set-password {email} --password-stdin

To log in, refresh and log out, paste these lines into a shell (200, 200, 204):

LOGIN=$({curl}/login {json} -d @- <<'END'
{{"email":"{email}","password":"{password}"}}
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

/// Returns a shell expression for the value of a JSON field in a variable. It needs only `sed`.
fn field(variable: &str, name: &str) -> String {
    format!("$(echo \"${variable}\" | sed -n 's/.*\"{name}\":\"\\([^\"]*\\)\".*/\\1/p')")
}

/// Returns the name that the program was started by, so that the printed command works if it is not on the PATH.
fn program(started_as: Option<String>) -> String {
    let is_plain =
        |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    started_as
        .filter(|name| !name.is_empty() && is_plain(name))
        .unwrap_or_else(|| "hooksentry-auth".to_owned())
}

/// Returns an address that reaches the server from this machine: loopback, if it listens on all addresses.
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
    use super::*;

    #[test]
    fn the_printed_command_starts_the_program_by_the_same_name() {
        for name in ["target/release/hooksentry-auth", "/usr/local/bin/hooksentry-auth", "hooksentry-auth"] {
            assert_eq!(program(Some(name.to_owned())), name);
        }
        for unusable in [None, Some(String::new()), Some("/my programs/hooksentry-auth".to_owned())] {
            assert_eq!(program(unusable), "hooksentry-auth");
        }
    }

    #[test]
    fn the_printed_calls_use_an_address_that_this_machine_reaches() {
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(reachable("[::]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(reachable("192.0.2.1:80".parse().unwrap()).to_string(), "192.0.2.1:80");
    }
}
