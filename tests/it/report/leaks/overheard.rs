//! Everything that is logged in this process while somebody listens.

use std::io::{self, Write};
use std::sync::{Mutex, Once};

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

static HEARD: Mutex<Heard> = Mutex::new(Heard { listeners: 0, text: Vec::new() });

struct Heard {
    listeners: usize,
    text: Vec<u8>,
}

/// One who listens: to every thread, because work goes on in others, and so to other tests as well.
pub struct Overheard {
    /// Only [`Overheard::begin`] makes one.
    _listens: (),
}

impl Overheard {
    pub fn begin() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(install);
        HEARD.lock().unwrap().listeners += 1;
        Self { _listens: () }
    }
}

/// What was logged since somebody began to listen.
pub fn text() -> Vec<u8> {
    HEARD.lock().unwrap().text.clone()
}

impl Drop for Overheard {
    fn drop(&mut self) {
        let Ok(mut heard) = HEARD.lock() else { return };
        heard.listeners -= 1;
        if heard.listeners == 0 {
            heard.text = Vec::new();
        }
    }
}

/// Ours at every level, and of the libraries all but the innermost, which would be most of it.
fn install() {
    let heard = dynamic_filter_fn(|event, _| {
        let wanted = *event.level() <= Level::DEBUG
            || event.target().starts_with("countersign")
            || event.target().starts_with("it::");
        wanted && HEARD.lock().is_ok_and(|heard| heard.listeners > 0)
    });
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Ear).with_filter(heard);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, said: &[u8]) -> io::Result<usize> {
        if let Ok(mut heard) = HEARD.lock() {
            heard.text.extend_from_slice(said);
        }
        Ok(said.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
