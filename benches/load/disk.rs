//! How long this disk takes to make one small write durable.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// The median, in milliseconds.
pub(crate) fn flush_time(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("flush")).unwrap();
    let mut times: Vec<f64> = (0..500)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(250).copied().unwrap_or_default()
}
