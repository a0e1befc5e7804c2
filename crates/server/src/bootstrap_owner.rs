//! The bootstrap owner: the account that the first start creates in an empty embedded store (S-25).

mod banner;
mod password;
mod print;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use auth_domain::model::{Email, Event, Password, PasswordPolicy, Role};
use auth_domain::ports::{UserPage, start_request};
use auth_domain::use_cases::{CreateUser, FirstPassword};
use tracing::warn;
use zeroize::Zeroizing;

use crate::audit::{self, Actor, Occurrence, SecurityEvent, Source};
use crate::command_error::CommandError;
use crate::compose::Parts;
use crate::config::AuditTarget;
use banner::banner;

/// The email of the bootstrap owner.
const EMAIL: &str = "owner@example.com";
/// The timeout for creating the account. It includes one password hash.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Creates the bootstrap owner if there is no user, and prints its password once.
///
/// The password goes to standard output and never to the log. It is printed before the account is created. If printing failed
/// afterwards, the account would have an unknown password, and the next start would create no other account (S-93).
///
/// A standard output that has the audit stream gets no password: programs collect and keep that stream (S-83).
pub(crate) async fn create_if_needed(
    parts: &Parts,
    audit: &AuditTarget,
    listening: SocketAddr,
) -> Result<(), CommandError> {
    let request_time = start_request(&*parts.clock, TIMEOUT);
    // A row that cannot be read is also a user.
    if parts.users.page(None, 1, request_time).await? != UserPage::default() {
        return Ok(());
    }
    let password = password::random(&*parts.entropy)?;
    let parsed =
        Password::parse(password.to_string()).map_err(|error| CommandError::Failed(error.to_string()))?;
    let email = Email::from_trusted(EMAIL.to_owned());
    let password_to_store = FirstPassword::Text(parsed);
    let owner = CreateUser { email, password: password_to_store, role: Role::Owner, tenant_id: None };
    let printed = match audit {
        AuditTarget::StandardOutput => Err(io::Error::other("it has the audit stream (AUDIT__TARGET)")),
        AuditTarget::Off | AuditTarget::File(_) => {
            print::print(&Zeroizing::new(banner(EMAIL, &password, listening)))
        }
    };
    if let Err(error) = printed {
        warn!(
            event = Event::BootstrapOwnerSkipped.name(),
            %error,
            "no bootstrap owner was created, because its password could not be printed to standard output; \
             run `hooksentry-auth user create --email EMAIL --role owner --password-stdin`, or start again with a readable standard output"
        );
        return Ok(());
    }
    // The generated password is stronger than any minimum length requires.
    let created = parts.manage_users(PasswordPolicy { min_length: 1 }).create(owner, request_time).await?;
    let event = Occurrence::new(SecurityEvent::BootstrapOwnerCreated, Actor::Service).user(created.user_id);
    audit::publish(&Source::Service, &event.reason(&"first_start"));
    Ok(())
}
