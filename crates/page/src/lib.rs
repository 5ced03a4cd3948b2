//! What all pages share, so that they look and behave alike: the frame, the icons, how something stands, the style,
//! the script that follows changes, and what becomes of text by strangers.
//!
//! Whoever serves a page serves [`STYLE`] with it, followed by what is the page's own, and [`LIVE`] likewise where the
//! page follows changes.

pub mod icon;
pub mod mark;
pub mod frame;
pub mod untrusted;

pub use frame::{Frame, Live};
pub use icon::{Icon, icon};
pub use mark::Mark;

/// The stylesheet: colours in light and dark, text, the bar on top, marks and buttons.
pub const STYLE: &str = include_str!("page.css");

/// The script that lays the page over itself when something has changed. Without it a page is as it was loaded.
pub const LIVE: &str = include_str!("live.js");
