//! Directories of PMTiles (version 3, chapter 4.2), as a stranger wrote them.

use crate::formats::archive::{ReadError, varint};
use std::ops::Range;

/// An entry: a tile and those after it that are equal, or a further directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Identifier of the first tile.
    pub(super) id: u64,
    /// Where the bytes begin, in the section of tiles or of directories.
    pub(super) offset: u64,
    /// How many there are.
    pub(super) length: u32,
    /// Tiles that have these bytes; 0 for a further directory.
    pub(super) run: u32,
}

impl Entry {
    pub(super) const fn is_leaf(&self) -> bool {
        self.run == 0
    }
}

/// Reads an unpacked directory whose tiles must lie within `ids`, and whose bytes within sections of these sizes.
pub(super) fn parse(
    mut bytes: &[u8],
    ids: &Range<u64>,
    [tiles, leaves]: [u64; 2],
) -> Result<Vec<Entry>, ReadError> {
    let cut = || ReadError::damaged("a directory ends before its entries do");
    let count = varint(&mut bytes).ok_or_else(cut)?;
    // An entry takes four bytes at least, so that a number that is too large costs no memory.
    let count = usize::try_from(count).ok().filter(|count| *count <= bytes.len() / 4).ok_or_else(cut)?;
    if count == 0 {
        return Err(ReadError::damaged("a directory has no entries"));
    }
    let mut entries = vec![Entry { id: 0, offset: 0, length: 0, run: 0 }; count];
    let mut id = 0_u64;
    for (at, entry) in entries.iter_mut().enumerate() {
        let step = varint(&mut bytes).ok_or_else(cut)?;
        if at > 0 && step == 0 {
            return Err(ReadError::damaged("a directory has a tile twice"));
        }
        id = id
            .checked_add(step)
            .ok_or_else(|| ReadError::damaged("a directory has tiles beyond all zooms"))?;
        entry.id = id;
    }
    let narrow = |value: u64| u32::try_from(value).map_err(|_| ReadError::damaged("an entry is too long"));
    for entry in &mut entries {
        entry.run = narrow(varint(&mut bytes).ok_or_else(cut)?)?;
    }
    for entry in &mut entries {
        entry.length = narrow(varint(&mut bytes).ok_or_else(cut)?)?;
    }
    let mut after: Option<u64> = None;
    for entry in &mut entries {
        let value = varint(&mut bytes).ok_or_else(cut)?;
        entry.offset = match (value, after) {
            (0, Some(after)) => after,
            (0, None) => return Err(ReadError::damaged("the first entry of a directory has no place")),
            (value, _) => value - 1,
        };
        let end = entry.offset.checked_add(u64::from(entry.length));
        let section = if entry.is_leaf() { leaves } else { tiles };
        after = end.filter(|end| *end <= section && entry.length > 0);
        if after.is_none() {
            let what = if entry.is_leaf() { "directory" } else { "tile" };
            return Err(ReadError::damaged(format!("a {what} lies outside its section of the file")));
        }
    }
    in_order(&entries, ids)?;
    Ok(entries)
}

fn in_order(entries: &[Entry], ids: &Range<u64>) -> Result<(), ReadError> {
    let mut free = ids.start;
    for entry in entries {
        // A further directory begins with the tile that its entry names.
        let end = entry.id.checked_add(u64::from(entry.run.max(1)));
        match end {
            Some(end) if entry.id >= free && end <= ids.end => free = end,
            _ => {
                return Err(ReadError::damaged(
                    "a directory has tiles that are another entry's, or beyond the last zoom",
                ));
            }
        }
    }
    Ok(())
}

/// The entry that has a tile.
pub(super) fn find(entries: &[Entry], id: u64) -> Option<Entry> {
    let at = entries.partition_point(|entry| entry.id <= id);
    let entry = *entries.get(at.checked_sub(1)?)?;
    (entry.is_leaf() || id - entry.id < u64::from(entry.run)).then_some(entry)
}
