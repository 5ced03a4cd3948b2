//! Who is connected, and who may still come.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::{AbortHandle, Id};

use super::pulse::Pulse;
use crate::settings::ConnectionLimits;

/// Everybody who is connected.
#[derive(Debug)]
pub(super) struct Guests {
    limits: ConnectionLimits,
    here: HashMap<Id, Guest>,
    by_network: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Guest {
    network: IpAddr,
    pulse: Arc<Pulse>,
    task: AbortHandle,
}

/// Why somebody is sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Their address has its share already.
    Address,
    /// Every place is taken by somebody whose request is being answered.
    All,
}

impl Full {
    /// The stable word in metrics.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::All => "all",
        }
    }
}

impl Guests {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, here: HashMap::new(), by_network: HashMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.here.len()
    }

    /// Whether there is a place for somebody from there. An address that has its share gets no more, so that it
    /// cannot take the places of others; beyond all places, whoever has waited longest without a request leaves,
    /// so that places cannot be held by being there. `left` is told how many left.
    pub(super) fn admit(&mut self, from: IpAddr, left: &mut usize) -> Result<(), Full> {
        let bound = self.limits.per_address.of(from);
        let there = self.by_network.get(&network(from)).copied().unwrap_or_default();
        if bound.is_some_and(|bound| there >= bound) {
            return Err(Full::Address);
        }
        while self.here.len() >= self.limits.all {
            if !self.dismiss_longest_waiting() {
                return Err(Full::All);
            }
            *left += 1;
        }
        Ok(())
    }

    /// Somebody has come.
    pub(super) fn enter(&mut self, from: IpAddr, pulse: Arc<Pulse>, task: AbortHandle) {
        let network = network(from);
        *self.by_network.entry(network).or_default() += 1;
        self.here.insert(task.id(), Guest { network, pulse, task });
    }

    /// Somebody has gone; twice is once.
    pub(super) fn leave(&mut self, task: Id) {
        let Some(guest) = self.here.remove(&task) else { return };
        if let Some(count) = self.by_network.get_mut(&guest.network) {
            *count -= 1;
            if *count == 0 {
                self.by_network.remove(&guest.network);
            }
        }
    }

    /// Ends the connection that has waited longest for a request; says whether there was one.
    pub(super) fn dismiss_longest_waiting(&mut self) -> bool {
        let waiting = self.here.iter().filter_map(|(id, guest)| Some((guest.pulse.waits_since()?, *id)));
        let Some((_, id)) = waiting.min_by_key(|(since, _)| *since) else { return false };
        // It may have asked for something just now: then it stays, and the next one is looked at.
        let Some(guest) = self.here.get(&id) else { return false };
        if !guest.pulse.dismiss() {
            return self.dismiss_longest_waiting();
        }
        guest.task.abort();
        self.leave(id);
        true
    }
}

/// Who shares a bound: one IPv4 address, or the IPv6 network that one subscriber has whole.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::settings::PerAddress;

    fn guests(all: usize, per_address: PerAddress) -> Guests {
        Guests::new(ConnectionLimits { all, per_address, ..ConnectionLimits::default() })
    }

    /// Somebody who came so many seconds after the first one, and waits.
    fn enter(guests: &mut Guests, from: &str, seconds: u64, first: Instant) -> Arc<Pulse> {
        let pulse = Arc::new(Pulse::new(first + Duration::from_secs(seconds)));
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        guests.enter(from.parse().unwrap(), pulse.clone(), task);
        pulse
    }

    fn admit(guests: &mut Guests, from: &str) -> (Result<(), Full>, usize) {
        let mut left = 0;
        (guests.admit(from.parse().unwrap(), &mut left), left)
    }

    #[tokio::test]
    async fn an_address_with_its_share_gets_no_more_and_others_do() {
        let mut guests = guests(9, PerAddress::Any(2));
        let first = Instant::now();
        for from in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2:1"] {
            assert_eq!(admit(&mut guests, from), (Ok(()), 0), "{from}");
            enter(&mut guests, from, 0, first);
        }
        assert_eq!(admit(&mut guests, "192.0.2.1"), (Err(Full::Address), 0));
        assert_eq!(admit(&mut guests, "2001:db8::ffff"), (Err(Full::Address), 0), "one network");
        assert_eq!(admit(&mut guests, "192.0.2.2"), (Ok(()), 0));
        assert_eq!(admit(&mut guests, "2001:db8:0:1::1"), (Ok(()), 0));
        let gone = *guests.here.iter().find(|(_, guest)| guest.network.is_ipv4()).unwrap().0;
        guests.leave(gone);
        guests.leave(gone);
        assert_eq!(admit(&mut guests, "192.0.2.1"), (Ok(()), 0));
        assert_eq!(guests.len(), 3);
    }

    #[tokio::test]
    async fn beyond_all_places_whoever_has_waited_longest_leaves_and_nobody_who_is_busy() {
        let mut guests = guests(3, PerAddress::Any(9));
        let first = Instant::now();
        let busy = enter(&mut guests, "192.0.2.1", 0, first);
        busy.asked();
        let newer = enter(&mut guests, "192.0.2.1", 2, first);
        let oldest = enter(&mut guests, "192.0.2.1", 1, first);
        assert_eq!(admit(&mut guests, "192.0.2.2"), (Ok(()), 1));
        assert_eq!((oldest.waits_since(), newer.waits_since().is_some(), guests.len()), (None, true, 2));
        enter(&mut guests, "192.0.2.2", 3, first).asked();
        newer.asked();
        assert_eq!(admit(&mut guests, "192.0.2.3"), (Err(Full::All), 0));
    }
}
