//! Pictures in tests: decoded, asked for single pixels, compared with expected ones.

use std::path::Path;

/// A decoded PNG.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    rgba: Vec<[u8; 4]>,
}

impl Picture {
    /// Decodes a PNG; anything else fails the test with its first bytes.
    #[track_caller]
    pub fn decode(bytes: &[u8]) -> Self {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(600)]);
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap_or_else(|e| panic!("no PNG ({e}): {start}"));
        let mut data = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut data).expect("pixels");
        let rgba = data[..info.buffer_size()].chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect();
        Self { width: info.width, height: info.height, rgba }
    }

    pub fn at(&self, x: u32, y: u32) -> [u8; 4] {
        self.rgba[(y * self.width + x) as usize]
    }

    /// Number of pixels for which something holds.
    pub fn count(&self, holds: impl Fn([u8; 4]) -> bool) -> usize {
        self.rgba.iter().filter(|p| holds(**p)).count()
    }

    /// Pixels of which a channel differs by more than `by` from another picture of the same size.
    pub fn differing(&self, other: &Self, by: u8) -> usize {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let off = |(x, y): &(u32, u32)| {
            self.at(*x, *y).iter().zip(other.at(*x, *y)).any(|(a, b)| a.abs_diff(b) > by)
        };
        places.filter(off).count()
    }

    /// Number of pixels of an area for which something holds.
    pub fn count_in(
        &self,
        x: u32,
        y: u32,
        width: u32,
        height: u32,
        holds: impl Fn([u8; 4]) -> bool,
    ) -> usize {
        let rows = (y..y + height).flat_map(|row| (x..x + width).map(move |column| (column, row)));
        rows.filter(|(column, row)| holds(self.at(*column, *row))).count()
    }

    /// The middle of all pixels for which something holds, in pixels from the upper left corner.
    pub fn middle(&self, holds: impl Fn([u8; 4]) -> bool) -> Option<(f64, f64)> {
        let (mut sum_x, mut sum_y, mut count) = (0.0, 0.0, 0.0);
        for (index, _) in self.rgba.iter().enumerate().filter(|(_, p)| holds(**p)) {
            sum_x += f64::from(index as u32 % self.width) + 0.5;
            sum_y += f64::from(index as u32 / self.width) + 0.5;
            count += 1.0;
        }
        (count > 0.0).then(|| (sum_x / count, sum_y / count))
    }
}

/// Compares with `tests/it/expected/{name}.png`: at most one pixel in two hundred may differ visibly,
/// which leaves room for other releases of the font. With `DATASUD_ACCEPT=1` the picture becomes the
/// expected one; look at it before committing it.
#[track_caller]
pub fn expect(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/expected").join(format!("{name}.png"));
    if std::env::var_os("DATASUD_ACCEPT").is_some() {
        std::fs::write(&path, bytes).expect("the expected picture can be written");
    }
    let got = Picture::decode(bytes);
    let wanted = Picture::decode(&std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    assert_eq!((got.width, got.height), (wanted.width, wanted.height), "{name}");
    let far = |(a, b): &(&[u8; 4], &[u8; 4])| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 40);
    let different = got.rgba.iter().zip(&wanted.rgba).filter(far).count();
    if different * 200 > got.rgba.len() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-got.png"));
        std::fs::write(&kept, bytes).expect("written");
        panic!("{name}: {different} of {} pixels differ; see {}", got.rgba.len(), kept.display());
    }
}
