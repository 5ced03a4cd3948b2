//! Large values as they are stored: LZ4, the length in front.

/// Compresses a value for storing.
pub(super) fn pack(value: &[u8]) -> Vec<u8> {
    lz4_flex::compress_prepend_size(value)
}

/// The value as it was; or why there is none. What says that it is longer than `most` bytes is not unpacked.
pub(super) fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let (size, block) = lz4_flex::block::uncompressed_size(packed).map_err(|error| error.to_string())?;
    if size > most {
        return Err("it is too large".to_owned());
    }
    lz4_flex::block::decompress(block, size).map_err(|error| error.to_string())
}
