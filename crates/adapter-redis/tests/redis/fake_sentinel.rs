//! A sentinel that answers as a test wishes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A listener that speaks as much of the protocol as discovery needs.
pub(crate) struct FakeSentinel {
    port: u16,
    answer: Arc<Mutex<Answer>>,
    task: AbortHandle,
}

/// The epoch, and the host and port of the primary; `None` for a name that the sentinel does not know.
type Answer = Option<(u64, String, u16)>;

impl FakeSentinel {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::default();
        let shared: Arc<Mutex<Answer>> = Arc::clone(&answer);
        let task = tokio::spawn(async move {
            // They end with the listener.
            let mut clients = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                clients.spawn(serve(client, Arc::clone(&shared)));
            }
        });
        Self { port, answer, task: task.abort_handle() }
    }

    /// Names a primary from now on.
    pub(crate) fn name(&self, epoch: u64, host: &str, port: u16) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some((epoch, host.to_owned(), port));
    }

    /// The URL of these sentinels.
    pub(crate) fn url(sentinels: &[Self]) -> String {
        let hosts: Vec<_> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis-sentinel://{}/main", hosts.join(","))
    }
}

impl Drop for FakeSentinel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, answer: Arc<Mutex<Answer>>) {
    let mut client = BufReader::new(client);
    while let Some(words) = command(&mut client).await {
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reply = match (words.get(1).map(String::as_str), answer) {
            (Some("GET-MASTER-ADDR-BY-NAME"), Some((_, host, port))) => list(&[&host, &port.to_string()]),
            (Some("GET-MASTER-ADDR-BY-NAME"), None) => "*-1\r\n".to_owned(),
            (Some("MASTER"), Some((epoch, ..))) => {
                list(&["name", "main", "config-epoch", &epoch.to_string()])
            }
            (Some("MASTER"), None) => "-ERR No such master with that name\r\n".to_owned(),
            _ => "+OK\r\n".to_owned(),
        };
        if client.get_mut().write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads an array of strings.
async fn command(client: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let number = number(client).await?;
    let mut words = Vec::with_capacity(number);
    for _ in 0..number {
        let mut word = vec![0; self::number(client).await? + 2];
        client.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8(word).ok()?.trim_end().to_owned());
    }
    Some(words)
}

async fn number(client: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    client.read_line(&mut line).await.ok()?;
    line.trim_end().get(1..)?.parse().ok()
}

fn list(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{}", words.len(), words.concat())
}
