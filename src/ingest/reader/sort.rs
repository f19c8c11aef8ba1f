//! Rows in the order of a Hilbert curve, so that neighbours on the map are neighbours on the disk.
//!
//! Rows are kept in memory up to a limit; past it, sorted runs go to files of a private folder and are
//! merged at the end.

use crate::geo::BBox;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::PathBuf;

struct Entry {
    key: u32,
    centre: Option<[f64; 2]>,
    sequence: u64,
    start: usize,
    attributes: u32,
    length: u32,
}

/// A row given back in order.
pub(super) struct Sorted<'a> {
    /// Its place in the file, from 0.
    pub sequence: u64,
    /// The attributes' part.
    pub attributes: &'a [u8],
    /// The geometry's part, empty for none.
    pub geometry: &'a [u8],
}

/// Collects rows, then gives them back sorted.
pub(super) struct Runs {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    sequence: u64,
    limit: usize,
    folder: PathBuf,
    /// The box of the curve once a run has been written: all runs must share it.
    frame: Option<BBox>,
    files: Vec<File>,
}

impl Runs {
    /// `limit` is in bytes; `folder` must exist.
    pub(super) fn new(limit: usize, folder: PathBuf) -> Self {
        Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            sequence: 0,
            limit,
            folder,
            frame: None,
            files: Vec::new(),
        }
    }

    /// Number of rows so far.
    pub(super) const fn len(&self) -> u64 {
        self.sequence
    }

    /// Takes a row. `extent` is the best box known so far; it matters only when memory runs out.
    pub(super) fn push(
        &mut self,
        attributes: &[u8],
        geometry: &[u8],
        centre: Option<[f64; 2]>,
        extent: &BBox,
    ) -> io::Result<()> {
        let length = attributes.len() + geometry.len();
        let too_long = |_| io::Error::other("a feature of more than 4 GB");
        self.entries.push(Entry {
            key: 0,
            centre,
            sequence: self.sequence,
            start: self.bytes.len(),
            attributes: u32::try_from(attributes.len()).map_err(too_long)?,
            length: u32::try_from(length).map_err(too_long)?,
        });
        self.bytes.extend_from_slice(attributes);
        self.bytes.extend_from_slice(geometry);
        self.sequence += 1;
        if self.bytes.len() + self.entries.len() * size_of::<Entry>() > self.limit {
            self.spill(extent)?;
        }
        Ok(())
    }

    fn sort(&mut self, frame: &BBox) {
        for entry in &mut self.entries {
            entry.key = entry.centre.map_or(u32::MAX, |[x, y]| hilbert(frame, x, y));
        }
        self.entries.sort_unstable_by_key(|e| (e.key, e.sequence));
    }

    fn spill(&mut self, extent: &BBox) -> io::Result<()> {
        let frame = *self.frame.get_or_insert(*extent);
        self.sort(&frame);
        let path = self.folder.join(format!("run-{}", self.files.len()));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        // Nobody else needs its name, and the space is given back whatever happens to this process.
        std::fs::remove_file(&path)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        for entry in &self.entries {
            out.write_all(&entry.key.to_le_bytes())?;
            out.write_all(&entry.sequence.to_le_bytes())?;
            out.write_all(&entry.attributes.to_le_bytes())?;
            out.write_all(&entry.length.to_le_bytes())?;
            out.write_all(self.bytes.get(entry.start..entry.start + entry.length as usize).unwrap_or(&[]))?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.files.push(file);
        self.bytes.clear();
        self.entries.clear();
        Ok(())
    }

    /// Gives all rows back in the curve's order; those without geometry come last.
    pub(super) fn finish(
        mut self,
        extent: &BBox,
        mut each: impl FnMut(Sorted<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.files.is_empty() {
            self.sort(extent);
            for entry in &self.entries {
                let row = self.bytes.get(entry.start..entry.start + entry.length as usize).unwrap_or(&[]);
                let (attributes, geometry) = row.split_at(entry.attributes as usize);
                each(Sorted { sequence: entry.sequence, attributes, geometry })?;
            }
            return Ok(());
        }
        self.spill(extent)?;
        self.bytes = Vec::new();
        let mut runs: Vec<Run> = self.files.into_iter().map(Run::new).collect();
        let mut heap = BinaryHeap::new();
        for (index, run) in runs.iter_mut().enumerate() {
            if run.advance()? {
                heap.push(Reverse((run.key, run.sequence, index)));
            }
        }
        while let Some(Reverse((_, sequence, index))) = heap.pop() {
            let Some(run) = runs.get_mut(index) else { continue };
            let (attributes, geometry) = run.row.split_at(run.attributes.min(run.row.len()));
            each(Sorted { sequence, attributes, geometry })?;
            if run.advance()? {
                heap.push(Reverse((run.key, run.sequence, index)));
            }
        }
        Ok(())
    }
}

struct Run {
    input: BufReader<File>,
    key: u32,
    sequence: u64,
    attributes: usize,
    row: Vec<u8>,
}

impl Run {
    fn new(file: File) -> Self {
        let input = BufReader::with_capacity(1 << 20, file);
        Self { input, key: 0, sequence: 0, attributes: 0, row: Vec::new() }
    }

    fn advance(&mut self) -> io::Result<bool> {
        let mut head = [0; 20];
        match self.input.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            other => other?,
        }
        let [a, b, c, d, sequence @ .., e, f, g, h, i, j, k, l] = head;
        self.key = u32::from_le_bytes([a, b, c, d]);
        self.sequence = u64::from_le_bytes(sequence);
        self.attributes = u32::from_le_bytes([e, f, g, h]) as usize;
        self.row.resize(u32::from_le_bytes([i, j, k, l]) as usize, 0);
        self.input.read_exact(&mut self.row)?;
        Ok(true)
    }
}

/// Place on a Hilbert curve of 2^32 cells over `frame`; what lies outside is pulled to its border.
fn hilbert(frame: &BBox, x: f64, y: f64) -> u32 {
    let cell = |value: f64, from: f64, size: f64| {
        if size > 0.0 { ((value - from) / size * 65535.0).clamp(0.0, 65535.0) as u32 } else { 0 }
    };
    let mut x = cell(x, frame.min_x, frame.width());
    let mut y = cell(y, frame.min_y, frame.height());
    let mut place = 0;
    let mut side = 1 << 15;
    while side > 0 {
        let (right, up) = (u32::from(x & side > 0), u32::from(y & side > 0));
        place += side * side * ((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                x = 65535 - x;
                y = 65535 - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_visits_every_cell_once_and_steps_to_neighbours() {
        let frame = BBox::new(0.0, 0.0, 65535.0, 65535.0);
        let mut places: Vec<(u32, i64, i64)> = Vec::new();
        for x in 0..32_u32 {
            for y in 0..32_u32 {
                places.push((hilbert(&frame, f64::from(x), f64::from(y)), i64::from(x), i64::from(y)));
            }
        }
        places.sort_unstable();
        for pair in places.windows(2) {
            assert_eq!(pair[0].0 + 1, pair[1].0);
            assert_eq!((pair[0].1 - pair[1].1).abs() + (pair[0].2 - pair[1].2).abs(), 1);
        }
    }

    #[test]
    fn runs_on_disk_give_the_same_order_as_memory() {
        let folder = tempfile::tempdir().expect("folder");
        let extent = BBox::new(0.0, 0.0, 99.0, 99.0);
        let mut orders = Vec::new();
        for limit in [usize::MAX, 2_000] {
            let mut runs = Runs::new(limit, folder.path().to_owned());
            for index in 0..1_000_u32 {
                let (x, y) = (f64::from(index * 37 % 100), f64::from(index * 61 % 97));
                let centre = (index % 50 != 0).then_some([x, y]);
                runs.push(&index.to_le_bytes(), &[7; 9][..(index % 9) as usize], centre, &extent)
                    .expect("taken");
            }
            let mut order = Vec::new();
            runs.finish(&extent, |row| {
                assert_eq!(row.attributes, (row.sequence as u32).to_le_bytes());
                assert_eq!(row.geometry.len() as u64, row.sequence % 9);
                order.push(row.sequence);
                Ok(())
            })
            .expect("sorted");
            orders.push(order);
        }
        assert_eq!(orders[0], orders[1]);
        assert_eq!(orders[0].len(), 1_000);
        assert_eq!(orders[0][980..].iter().filter(|s| **s % 50 == 0).count(), 20);
    }
}
