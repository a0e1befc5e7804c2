//! A proxy that sends each script call to the server twice, the second time as a repeat.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// The hashes of scripts.
type Hashes = Arc<Mutex<BTreeSet<Vec<u8>>>>;

/// The bytes of a value, and the strings in it.
type Read = Option<(Vec<u8>, Vec<Vec<u8>>)>;

/// Clients get the reply to the second call.
pub(crate) struct ResendingProxy {
    port: u16,
    loaded: Hashes,
    called: Hashes,
    task: AbortHandle,
}

impl ResendingProxy {
    /// Starts a proxy in front of a server.
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (loaded, called) = (Hashes::default(), Hashes::default());
        let hashes = (Arc::clone(&loaded), Arc::clone(&called));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (loaded, called) = (Arc::clone(&hashes.0), Arc::clone(&hashes.1));
                tokio::spawn(async move { serve(client, server, &loaded, &called).await });
            }
        });
        Self { port, loaded, called, task: task.abort_handle() }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns how many scripts were loaded, and how many of them were called.
    pub(crate) fn scripts(&self) -> (usize, usize) {
        let [loaded, called] = [&self.loaded, &self.called]
            .map(|set| set.lock().unwrap_or_else(PoisonError::into_inner).clone());
        (loaded.len(), called.intersection(&loaded).count())
    }
}

impl Drop for ResendingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, server: u16, loaded: &Hashes, called: &Hashes) -> Option<()> {
    let (mut client, server) =
        (BufReader::new(client), TcpStream::connect(("127.0.0.1", server)).await.ok()?);
    let mut server = BufReader::new(server);
    loop {
        let (mut command, words) = read(&mut client).await?;
        server.get_mut().write_all(&command).await.ok()?;
        let (mut reply, mut values) = read(&mut server).await?;
        match words.first()?.as_slice() {
            b"EVALSHA" => {
                called.lock().unwrap_or_else(PoisonError::into_inner).insert(words.get(1)?.clone());
                // The last byte of the last argument says whether the call is a repeat; a line end follows.
                let flag = command.len() - 3;
                *command.get_mut(flag)? = 1;
                server.get_mut().write_all(&command).await.ok()?;
                (reply, _) = read(&mut server).await?;
            }
            b"SCRIPT" => {
                loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(values.pop()?);
            }
            _ => {}
        }
        client.get_mut().write_all(&reply).await.ok()?;
    }
}

/// Reads a value.
fn read(from: &mut BufReader<TcpStream>) -> BoxFuture<'_, Read> {
    async move {
        let mut bytes = Vec::new();
        from.read_until(b'\n', &mut bytes).await.ok().filter(|read| *read > 0)?;
        let text = String::from_utf8_lossy(bytes.get(1..)?).trim_end().to_owned();
        let mut strings = Vec::new();
        match (bytes.first()?, text.parse::<usize>()) {
            (b'$', Ok(length)) => {
                let mut string = vec![0; length + 2];
                from.read_exact(&mut string).await.ok()?;
                bytes.extend(&string);
                string.truncate(length);
                strings.push(string);
            }
            (b'*', Ok(length)) => {
                for _ in 0..length {
                    let (value, more) = read(from).await?;
                    bytes.extend(value);
                    strings.extend(more);
                }
            }
            _ => {}
        }
        Some((bytes, strings))
    }
    .boxed()
}
