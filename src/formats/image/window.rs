//! A part of an image, and its values.

/// Which part of an image is read, and how finely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Column and row of its upper left pixel.
    pub corner: [usize; 2],
    /// Pixels of the image a row, and rows.
    pub size: [usize; 2],
    /// Values that are made of them a row, and rows.
    pub pixels: [usize; 2],
    /// Places of the bands, from 0.
    pub bands: Vec<usize>,
    /// Whether fewer values are made by averaging.
    pub smooth: bool,
}

/// The values of a window, row by row from the top.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Values a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The bands in the order of the window.
    pub bands: Vec<Vec<f32>>,
    /// How much there is of each pixel, 0 to 255; all of it everywhere where absent.
    pub mask: Option<Vec<u8>>,
}

impl Samples {
    /// How much there is of a pixel.
    #[must_use]
    pub fn presence(&self, x: usize, y: usize) -> u8 {
        match &self.mask {
            None => 255,
            Some(mask) => mask.get(y * self.width + x).copied().unwrap_or(0),
        }
    }

    /// The value of a band at a pixel; nothing where it is no number.
    #[must_use]
    pub fn value(&self, band: usize, x: usize, y: usize) -> Option<f32> {
        let value = self.bands.get(band)?.get(y * self.width + x).copied()?;
        (!value.is_nan()).then_some(value)
    }
}
