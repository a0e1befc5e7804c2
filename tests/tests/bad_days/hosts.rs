//! Several Postgres hosts in the URL, of which the first one fails in different ways.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, in_time};
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};
use tokio::net::TcpSocket;

/// Connecting has a second; a login connects twice.
const LIMIT: Duration = Duration::from_secs(4);

/// Expects that the service starts and works with `hosts` before the server in the URL.
async fn expect_works_behind(hosts: &str) {
    let installation = Installation::on(Stores::servers()).with_user(ALICE).await;
    let url = installation.setting("POSTGRES__URL").to_owned();
    let installation = installation.set("POSTGRES__URL", &url.replace('@', &format!("@{hosts},")));
    let server = Server::start_on(installation).await;
    for _ in 0..4 {
        let watch = Stopwatch::start();
        server.login(ALICE, PASSWORD).await.tokens();
        assert!(watch.elapsed() < in_time(LIMIT), "{hosts}: {:?}", watch.elapsed());
    }
}

/// Accepts connections and gives each to `answer`.
fn accepting(answer: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(answer));
    address
}

// S-96
#[tokio::test]
async fn a_first_host_that_refuses_is_skipped() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    expect_works_behind(&address.to_string()).await;
}

// S-96
#[tokio::test]
async fn a_first_host_that_stays_silent_is_skipped() {
    // The connections stay open.
    expect_works_behind(&accepting(std::mem::forget).to_string()).await;
}

// S-96
#[tokio::test]
async fn a_first_host_that_resets_is_skipped() {
    expect_works_behind(&accepting(drop).to_string()).await;
}

/// The queue of the listener is full, so the kernel drops the first packet of further connections.
// S-96
#[tokio::test]
async fn a_first_host_that_drops_packets_is_skipped() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(200));
    let queued: Vec<_> = (0..4).map_while(|_| connect().ok()).collect();
    assert!(queued.len() < 4, "the queue has room for more");
    expect_works_behind(&address.to_string()).await;
}
