//! The parts of a URL.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::UrlError;
use crate::host::{self, Host};
use crate::parameters::{Parameters, Remedy};
use crate::text::decoded;

/// The parts of a URL, decoded. User, password and parameters are taken out one by one; `Debug` does not show them.
pub struct ServerUrl {
    scheme: String,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
    hosts: Vec<Host>,
    path: String,
    fragment: Option<String>,
    parameters: Parameters,
}

impl ServerUrl {
    /// Parses `scheme://user:password@host:port,host:port/path?name=value&name=value#fragment`.
    ///
    /// # Errors
    /// [`UrlError`] names the part at fault.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        if url.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return Err(UrlError::new("the URL contains white space; remove it, or percent-encode it"));
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(UrlError::new("the URL has no scheme; write it with ://"));
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials), hosts),
            None => (None, authority),
        };
        if rest.contains('@') || credentials.is_some_and(|text| text.contains('@')) {
            return Err(UrlError::new(
                "the URL has an @ in a wrong place; percent-encode @ (%40), / (%2F), ? (%3F) and # (%23) in user, password and \
                 parameters",
            ));
        }
        let (user, password) = credentials.map_or(Ok((None, None)), parse_credentials)?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment.to_owned())),
            None => (rest, None),
        };
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user,
            password,
            hosts: host::parse_all(hosts)?,
            path: decoded(path.strip_prefix('/').unwrap_or(path), "the path")?,
            fragment,
            parameters: Parameters::parse(parameters)?,
        })
    }

    /// Returns the scheme in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Takes the user.
    pub const fn take_user(&mut self) -> Option<String> {
        self.user.take()
    }

    /// Takes the password.
    pub const fn take_password(&mut self) -> Option<Zeroizing<String>> {
        self.password.take()
    }

    /// Returns the hosts, in the order of the URL.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Returns the path without the slash at its beginning.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the text after the `#`.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// Takes the value of a parameter.
    pub fn take(&mut self, parameter: &str) -> Option<Zeroizing<String>> {
        self.parameters.take(parameter)
    }

    /// Takes the value of a parameter that is one of `values`.
    ///
    /// # Errors
    /// [`UrlError`] if it is none of them.
    pub fn take_one_of<T: Copy>(
        &mut self,
        parameter: &str,
        values: &[(&str, T)],
    ) -> Result<Option<T>, UrlError> {
        let Some(text) = self.take(parameter) else { return Ok(None) };
        let value = values.iter().find(|(name, _)| *name == text.as_str()).map(|(_, value)| *value);
        value.map(Some).ok_or_else(|| {
            let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
            UrlError::new(format!(
                "parameter `{parameter}` has an unknown value; write {}",
                names.join(" or ")
            ))
        })
    }

    /// Takes the hosts: those before the path, or those of the parameter `host`, with the ports of the parameter `port`.
    ///
    /// # Errors
    /// [`UrlError`] if both are there, or if the numbers of hosts and ports differ.
    pub fn take_hosts(&mut self) -> Result<Vec<Host>, UrlError> {
        let (names, ports) = (self.take("host"), self.take("port"));
        let mut hosts = std::mem::take(&mut self.hosts);
        if names.is_some() && !hosts.is_empty() {
            return Err(UrlError::new("the host is set twice; remove the parameter `host`"));
        }
        if ports.is_some() && hosts.iter().any(|host| host.port.is_some()) {
            return Err(UrlError::new("the port is set twice; remove the parameter `port`"));
        }
        if let Some(names) = names {
            let names = names.split(',').enumerate();
            hosts = names
                .map(|(index, name)| Host::named(name.to_owned(), index + 1))
                .collect::<Result<_, _>>()?;
        }
        let Some(ports) = ports else { return Ok(hosts) };
        if hosts.is_empty() {
            return Err(UrlError::new("the port has no host; write host:port"));
        }
        let ports = ports.split(',').enumerate().map(|(index, port)| host::parse_port(port, index + 1));
        let ports: Vec<u16> = ports.collect::<Result<_, _>>()?;
        if ![1, hosts.len()].contains(&ports.len()) {
            return Err(UrlError::new("the numbers of hosts and ports differ; write one port for each host"));
        }
        for (index, host) in hosts.iter_mut().enumerate() {
            host.port = ports.get(index).or(ports.first()).copied();
        }
        Ok(hosts)
    }

    /// Rejects the parameters that were not taken. `remedies` has advice for some of them.
    ///
    /// # Errors
    /// [`UrlError`] names the parameter.
    pub fn finish(&self, remedies: &[Remedy]) -> Result<(), UrlError> {
        self.parameters.finish(remedies)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerUrl(..)")
    }
}

type Credentials = (Option<String>, Option<Zeroizing<String>>);

/// An empty user or password counts as absent.
fn parse_credentials(text: &str) -> Result<Credentials, UrlError> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    let user = decoded(user, "the user")?;
    let password = password.map(|text| decoded(text, "the password").map(Zeroizing::new)).transpose()?;
    Ok((Some(user).filter(|user| !user.is_empty()), password.filter(|password| !password.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_decoded() {
        let mut url = ServerUrl::parse("Redis://me%3a:p%40s%25@a:1,[::1],%2Frun/a%20b?x=%26&y=1#z").unwrap();
        assert_eq!((url.scheme(), url.path(), url.fragment()), ("redis", "a b", Some("z")));
        assert_eq!(url.take_user().as_deref(), Some("me:"));
        assert_eq!(url.take_password().as_deref().map(String::as_str), Some("p@s%"));
        let hosts = url.take_hosts().unwrap();
        let hosts: Vec<_> = hosts.iter().map(|host| (host.name.as_str(), host.port)).collect();
        assert_eq!(hosts, [("a", Some(1)), ("::1", None), ("/run", None)]);
        assert_eq!(url.take("x").as_deref().map(String::as_str), Some("&"));
        let unknown = url.finish(&[("y", "write z")]).unwrap_err().to_string();
        assert_eq!(unknown, "unknown parameter `y`; write z");
    }

    // S-40, S-95
    #[test]
    fn an_error_names_the_part_and_shows_no_value() {
        for (url, part) in [
            ("sesame", "scheme"),
            ("a://me:sesame@b@c", "an @"),
            ("a://me:ses/ame@b", "an @"),
            ("a://me:sesame%@b", "the password"),
            ("a://sesame%ff@b", "the user"),
            ("a://b:sesame", "port of host 1"),
            ("a://b,se{same", "host 2"),
            ("a://b/sesame%0a", "the path"),
            ("a://b?x=sesame%", "parameter 1"),
            ("a://b?x=1&x=sesame", "`x`"),
            ("a://b?ses4me", "number 1"),
            ("a://b?se\tsame", "white space"),
        ] {
            let Err(error) = ServerUrl::parse(url) else { panic!("{url} is accepted") };
            let text = error.to_string();
            assert!(
                text.contains(part) && !text.contains("sesame") && !text.contains("ses4me"),
                "{url}: {text}"
            );
        }
        let url = ServerUrl::parse("a://me:sesame@b?x=sesame").unwrap();
        assert!(!format!("{url:?}").contains("sesame"));
    }

    #[test]
    fn hosts_and_ports_are_set_in_one_place() {
        for (url, problem) in [
            ("a://b/?host=c", "host is set twice"),
            ("a://b:1/?port=2", "port is set twice"),
            ("a:///?port=2", "no host"),
            ("a:///?host=b,c&port=1,2,3", "numbers of hosts and ports"),
            ("a:///?host=b&port=x", "port of host 1"),
        ] {
            let error = ServerUrl::parse(url).unwrap().take_hosts().unwrap_err();
            assert!(error.to_string().contains(problem), "{url}: {error}");
        }
    }
}
