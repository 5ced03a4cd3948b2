//! Connections over real sockets, with limits of milliseconds.

use std::net::IpAddr;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use super::*;
use crate::settings::PerAddress;

const HEAD: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_millis(2500);
const HERE: &str = "127.0.0.1";
const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server with two routes.
struct Door {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl Door {
    async fn open(all: usize, per_address: usize) -> Self {
        let listener = TcpListener::bind((HERE, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/taken", post(|body: bytes::Bytes| async move { body.len().to_string() }));
        let limits =
            ConnectionLimits { head: HEAD, idle: IDLE, all, per_address: PerAddress::Any(per_address) };
        let (stop, stops) = watch::channel(false);
        let served = tokio::spawn(serve(listener, router, limits, stops));
        Self { address, stop, served }
    }

    async fn connect(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from.parse::<IpAddr>().unwrap(), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }
}

/// Asks on a connection that stays, and reads the answer.
async fn ask(stream: &mut TcpStream) -> String {
    if stream.write_all(ASKED).await.is_err() {
        return String::new();
    }
    answer(stream).await
}

/// What arrives until the body of the answer is there, or the connection ends.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let mut some = [0; 1024];
    while !String::from_utf8_lossy(&read).contains("here") {
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => break,
            Ok(count) => read.extend_from_slice(&some[..count]),
        }
    }
    String::from_utf8(read).unwrap()
}

/// How long it takes until the other side ends the connection.
async fn ends(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut some = [0; 1024];
    let read = async { while stream.read(&mut some).await.is_ok_and(|count| count > 0) {} };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it is ended");
    start.elapsed()
}

#[tokio::test]
async fn half_a_head_and_silence_are_ended_after_the_time_for_a_head() {
    let door = Door::open(9, 9).await;
    let (mut half, mut silent) = (door.connect(HERE).await, door.connect(HERE).await);
    half.write_all(b"POST /taken HTTP/1.1\r\nhost: x\r\nx-a").await.unwrap();
    let (half, silent) = tokio::join!(ends(&mut half), ends(&mut silent));
    for took in [half, silent] {
        assert!(took >= HEAD.mul_f32(0.8) && took < Duration::from_secs(5), "{took:?}");
    }
    let mut dripping = door.connect(HERE).await;
    let start = Instant::now();
    while dripping.write_all(b"x").await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5), "a byte now and then wins no time");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_idle_connection_is_kept_longer_than_half_a_head_and_then_ended() {
    let door = Door::open(9, 9).await;
    let mut stream = door.connect(HERE).await;
    assert!(ask(&mut stream).await.ends_with("here"));
    sleep(HEAD * 2).await;
    assert!(ask(&mut stream).await.ends_with("here"), "it is the same connection");
    let took = ends(&mut stream).await;
    assert!(took >= IDLE.mul_f32(0.8) && took < Duration::from_secs(5), "{took:?}");
    let mut again = door.connect(HERE).await;
    assert!(ask(&mut again).await.ends_with("here"));
    again.write_all(b"GET / HT").await.unwrap();
    let took = ends(&mut again).await;
    assert!(took < IDLE, "a second head has the time of a head: {took:?}");
}

#[tokio::test]
async fn a_slow_but_honest_body_is_not_cut_off() {
    let door = Door::open(9, 9).await;
    let mut stream = door.connect(HERE).await;
    stream
        .write_all(b"POST /taken HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\n")
        .await
        .unwrap();
    for _ in 0..4 {
        sleep(HEAD).await;
        stream.write_all(b"x").await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with('4'), "{answer}");
}

#[tokio::test]
async fn an_address_with_its_share_is_refused_at_once_and_another_one_is_answered() {
    let door = Door::open(9, 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = door.connect(HERE).await;
        assert!(ask(&mut stream).await.ends_with("here"));
        held.push(stream);
    }
    let mut fourth = door.connect(HERE).await;
    assert!(ends(&mut fourth).await < HEAD, "it is not waited with");
    assert!(ask(&mut door.connect("127.0.0.2").await).await.ends_with("here"));
    drop(held);
    let start = Instant::now();
    while !ask(&mut door.connect(HERE).await).await.ends_with("here") {
        assert!(start.elapsed() < Duration::from_secs(5), "places are given back");
    }
}

#[tokio::test]
async fn when_every_place_is_taken_whoever_waited_longest_leaves() {
    let door = Door::open(3, 9).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = door.connect(HERE).await;
        assert!(ask(&mut stream).await.ends_with("here"));
        held.push(stream);
    }
    assert!(ask(&mut door.connect("127.0.0.2").await).await.ends_with("here"));
    assert!(ends(&mut held[0]).await < HEAD);
    assert!(ask(&mut held[2]).await.ends_with("here"), "and nobody else");
}

#[tokio::test]
async fn a_request_under_way_never_loses_its_place() {
    let door = Door::open(2, 9).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = door.connect(HERE).await;
        stream.write_all(b"POST /taken HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nhe").await.unwrap();
        held.push(stream);
    }
    // Both are surely being answered.
    sleep(HEAD / 2).await;
    assert!(ends(&mut door.connect("127.0.0.2").await).await < HEAD, "nobody leaves for it");
    for stream in &mut held {
        stream.write_all(b"re").await.unwrap();
        let mut some = [0; 12];
        stream.read_exact(&mut some).await.unwrap();
        assert_eq!(&some, b"HTTP/1.1 200");
    }
}

#[tokio::test]
async fn told_to_stop_it_answers_who_is_here_and_ends() {
    let door = Door::open(9, 9).await;
    let mut idle = door.connect(HERE).await;
    assert!(ask(&mut idle).await.ends_with("here"));
    let mut busy = door.connect(HERE).await;
    busy.write_all(b"POST /taken HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").await.unwrap();
    sleep(HEAD / 2).await;
    door.stop.send_replace(true);
    assert!(ends(&mut idle).await < IDLE);
    sleep(HEAD).await;
    assert!(!door.served.is_finished());
    busy.write_all(b"ok").await.unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with('2'), "{answer}");
    door.served.await.unwrap();
    assert!(TcpStream::connect(door.address).await.is_err(), "nobody listens any more");
}
