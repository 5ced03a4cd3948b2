//! How much of a report is read before it is refused, and how much of it is kept.

/// Budgets against reports that are made to hurt. Their defaults are what the server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of everything in one artifact, unpacked.
    pub artifact_bytes: u64,
    /// Bytes of one file in it, unpacked.
    pub entry_bytes: u64,
    /// Files in it.
    pub entries: usize,
    /// Findings of one artifact that are kept; all others are counted, exactly.
    pub findings: usize,
    /// Brackets or elements open at once.
    pub depth: usize,
    /// Bytes of one string; the rest of it is skipped while it is read.
    pub string: usize,
    /// Bytes of one item that is taken out as a whole, such as one result.
    pub item: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            artifact_bytes: 1 << 30,
            entry_bytes: 256 << 20,
            entries: 10_000,
            findings: 100_000,
            depth: 128,
            string: 16 << 10,
            item: 16 << 20,
        }
    }
}
