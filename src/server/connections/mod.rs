//! Connections: who gets one, and when it ends. Nobody holds the server's places by being there and saying nothing.
//!
//! [`axum::serve`] would do for everything but that: it sets no timer, so that half a head is waited for without
//! end, and counts nobody. What passes through a connection tells its [`Pulse`](pulse::Pulse) what it is doing;
//! a request that is being answered is its route's affair, which has a limit of its own.

mod guests;
mod pulse;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::guests::{Full, Guests};
use self::pulse::{Overdue, Pulse};
use self::stream::{Routes, Watched};
use crate::settings::ConnectionLimits;

/// Bytes of a head, and of a body that were read and not yet taken. Far above every head that is meant.
const BUFFER: usize = 64 * 1024;
/// How long nothing is accepted when the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it is said that somebody was sent away.
const COMPLAINTS: Duration = Duration::from_mins(1);

/// Answers whoever connects, until it is told to stop; then those that are here get their answers first.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stops: watch::Receiver<bool>,
) {
    let mut hall = Hall {
        limits,
        router,
        stops: stops.clone(),
        guests: Guests::new(limits),
        tasks: JoinSet::new(),
        complaints: Complaints::default(),
    };
    let mut stopped = pin!(told_to_stop(stops));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => hall.receive(stream, from),
                Err(error) => hall.cannot_accept(&error).await,
            },
            Some(ended) = hall.tasks.join_next_with_id() => hall.gone(&ended),
            () = &mut stopped => break,
        }
    }
    drop(listener);
    while let Some(ended) = hall.tasks.join_next_with_id().await {
        hall.gone(&ended);
    }
}

/// Also when nobody is left who could tell.
async fn told_to_stop(mut stops: watch::Receiver<bool>) {
    drop(stops.wait_for(|stop| *stop).await);
}

/// Where connections are. Dropping it ends all of them.
struct Hall {
    limits: ConnectionLimits,
    router: Router,
    stops: watch::Receiver<bool>,
    guests: Guests,
    tasks: JoinSet<()>,
    complaints: Complaints,
}

impl Hall {
    fn receive(&mut self, stream: TcpStream, from: SocketAddr) {
        let mut left = 0;
        let admitted = self.guests.admit(from.ip(), &mut left);
        if left > 0 {
            metrics::counter!("countersign_connections_ended_total", "why" => "room").increment(left as u64);
            self.complaints.add("every place was taken, and who waited longest had to leave", from);
        }
        if let Err(full) = admitted {
            // Closed at once: whoever waits in the backlog instead would hold a place there.
            return self.refuse(full, from);
        }
        let pulse = Arc::new(Pulse::new(Instant::now()));
        let guest = attend(stream, self.router.clone(), pulse.clone(), self.limits, self.stops.clone());
        let task = self.tasks.spawn(guest);
        self.guests.enter(from.ip(), pulse, task);
        self.count();
    }

    fn refuse(&mut self, full: Full, from: SocketAddr) {
        metrics::counter!("countersign_connections_refused_total", "why" => full.word()).increment(1);
        self.complaints.add(
            match full {
                Full::Address => "an address has as many connections as one may have",
                Full::All => "every place is taken by a request that is being answered",
            },
            from,
        );
    }

    /// Mostly the system has no more descriptors: one is made free of whoever waits.
    async fn cannot_accept(&mut self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        let freed = self.guests.dismiss_longest_waiting();
        tracing::error!(%error, freed, "no connection can be accepted");
        sleep(PAUSE).await;
    }

    fn gone(&mut self, ended: &Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
        match ended {
            Ok((task, ())) => self.guests.leave(*task),
            Err(error) => {
                if error.is_panic() {
                    tracing::error!(%error, "answering a request panicked");
                }
                self.guests.leave(error.id());
            }
        }
        self.count();
    }

    fn count(&self) {
        let count = u32::try_from(self.guests.len()).unwrap_or(u32::MAX);
        metrics::gauge!("countersign_connections").set(f64::from(count));
    }
}

/// Serves one connection to its end.
async fn attend(
    stream: TcpStream,
    router: Router,
    pulse: Arc<Pulse>,
    limits: ConnectionLimits,
    stops: watch::Receiver<bool>,
) {
    let shared = Routes::new(router, pulse.clone());
    let service = service_fn(move |request| shared.clone().answer(request));
    let io = TokioIo::new(Watched::new(stream, pulse.clone()));
    // Time is the pulse's affair: hyper's own limit on heads would end idle connections as early.
    let http =
        http1::Builder::new().header_read_timeout(None).max_buf_size(BUFFER).serve_connection(io, service);
    let (mut http, mut stopped) = (pin!(http), pin!(told_to_stop(stops)));
    let mut stopping = false;
    loop {
        let look = pulse.look_again(&limits, Instant::now());
        tokio::select! {
            served = http.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = sleep_until(look) => {
                if let Some(overdue) = pulse.overdue(&limits, Instant::now()) {
                    return end(overdue);
                }
            }
            () = &mut stopped, if !stopping => {
                stopping = true;
                http.as_mut().graceful_shutdown();
            }
        }
    }
}

fn end(overdue: Overdue) {
    metrics::counter!("countersign_connections_ended_total", "why" => overdue.word()).increment(1);
}

/// Says that somebody was sent away, not each time.
#[derive(Debug, Default)]
struct Complaints {
    last: Option<Instant>,
    unsaid: u64,
}

impl Complaints {
    fn add(&mut self, why: &'static str, from: SocketAddr) {
        self.unsaid += 1;
        let now = Instant::now();
        if self.last.is_some_and(|last| now.duration_since(last) < COMPLAINTS) {
            return;
        }
        tracing::warn!(address = %from.ip(), connections = self.unsaid, "{why}: see COUNTERSIGN_CONNECTIONS_PER_ADDRESS and the proxy's limits");
        (self.last, self.unsaid) = (Some(now), 0);
    }
}

#[cfg(test)]
mod tests;
