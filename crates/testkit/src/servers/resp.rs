//! A Redis client with a timeout, for servers that may be frozen.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_millis(500);

/// Sends a command on a new connection; returns the values of the reply, nested arrays one after the other.
pub(super) fn ask(port: u16, password: Option<&str>, words: &[&str]) -> io::Result<Vec<String>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connection = TcpStream::connect_timeout(&address, TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    let mut connection = BufReader::new(connection);
    if let Some(password) = password {
        reply(&mut connection, &["AUTH", password])?;
    }
    reply(&mut connection, words)
}

fn reply(connection: &mut BufReader<TcpStream>, words: &[&str]) -> io::Result<Vec<String>> {
    let arguments = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    let command = [format!("*{}\r\n", words.len())].into_iter().chain(arguments).collect::<Vec<_>>();
    connection.get_mut().write_all(command.concat().as_bytes())?;
    let mut values = Vec::new();
    let mut awaited = 1;
    while awaited > 0 {
        awaited -= 1;
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let (kind, rest) = line.trim_end().split_at_checked(1).ok_or(ErrorKind::UnexpectedEof)?;
        match (kind, rest.parse().unwrap_or(0_usize)) {
            ("*", length) => awaited += length,
            ("$", length) if rest != "-1" => values.push(text(connection, length)?),
            _ => values.push(rest.to_owned()),
        }
    }
    Ok(values)
}

fn text(connection: &mut BufReader<TcpStream>, length: usize) -> io::Result<String> {
    let mut bytes = vec![0; length + 2];
    connection.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
