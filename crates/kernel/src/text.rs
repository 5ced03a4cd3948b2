//! Text by others, character by character.

/// Whether a character makes text read otherwise than it is: controls, what turns the direction of
/// writing (CVE-2021-42574), and what cannot be seen at all.
///
/// The joiners U+200C and U+200D are not among them: emoji and several scripts need them.
pub fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
