//! What connections may take from the server.

use std::net::IpAddr;
use std::time::Duration;

use super::{InvalidSetting, ServeFlags, given};

/// Descriptors that are kept for the database, for files and for what is asked of GitHub.
const KEPT: usize = 256;
/// As many connections there always may be, however few descriptors there are.
const LEAST: usize = 16;
const PER_ADDRESS: &str = "COUNTERSIGN_CONNECTIONS_PER_ADDRESS";

/// What connections may take from the server: time without a request, and places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How long the head of a request may take to arrive, and how long a new connection may say nothing.
    pub head: Duration,
    /// How long a connection may be kept open after an answer without asking again.
    pub idle: Duration,
    /// How many there may be in all.
    pub all: usize,
    /// How many there may be from one address.
    pub per_address: PerAddress,
}

/// How many connections one address may have.
///
/// Behind a proxy all of them come from its address, and the bound on all of them is the one that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerAddress {
    /// So many for an address of the Internet. Addresses of this machine and of private networks, where proxies
    /// stand, have no bound of their own.
    Internet(usize),
    /// So many for every address.
    Any(usize),
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            all: 1024,
            per_address: PerAddress::Internet(64),
        }
    }
}

impl ConnectionLimits {
    /// Reads what the flags and the environment say.
    ///
    /// # Errors
    /// When the bound is no number of connections.
    pub fn read(flags: &ServeFlags) -> Result<Self, InvalidSetting> {
        let limits = Self::default();
        let Some(text) = given(flags.connections_per_address.as_deref()) else { return Ok(limits) };
        let bound = text.parse().ok().filter(|bound| (1..=limits.all).contains(bound));
        let bound = bound.ok_or_else(|| {
            let what = format!("is {text:?}, which is no number of connections");
            let write = format!("Write how many one address may have, from 1 to {}", limits.all);
            InvalidSetting::new(PER_ADDRESS, what, write)
        })?;
        Ok(Self { per_address: PerAddress::Any(bound), ..limits })
    }

    /// The same, with no more connections than so many descriptors allow.
    #[must_use]
    pub fn within(self, descriptors: u64) -> Self {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        Self { all: self.all.min(descriptors.saturating_sub(KEPT).max(LEAST)), ..self }
    }
}

impl PerAddress {
    /// How many this address may have; none where only the bound on all of them holds.
    pub fn of(self, address: IpAddr) -> Option<usize> {
        match self {
            Self::Any(bound) => Some(bound),
            Self::Internet(bound) => (!is_near(address.to_canonical())).then_some(bound),
        }
    }
}

/// Of this machine, or of a network that is not the Internet.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // 100.64.0.0/10 is shared by a provider and whom it serves; platforms use it for their own proxies.
            let shared = first == 100 && (64..128).contains(&second);
            address.is_loopback() || address.is_private() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_descriptors_left_for_everything_else() {
        let all = |descriptors| ConnectionLimits::default().within(descriptors).all;
        assert_eq!([u64::MAX, 65_536, 1024, 256, 0].map(all), [1024, 1024, 768, 16, 16]);
    }

    #[test]
    fn proxies_next_door_have_no_bound_of_their_own_unless_it_is_set() {
        let default = ConnectionLimits::default().per_address;
        for near in [
            "127.0.0.1",
            "::1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "fdaa::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            let near = near.parse().unwrap();
            assert_eq!((default.of(near), PerAddress::Any(7).of(near)), (None, Some(7)), "{near}");
        }
        for far in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert_eq!(default.of(far.parse().unwrap()), Some(64), "{far}");
        }
    }
}
