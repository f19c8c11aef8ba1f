//! How pixels become colours: `RasterSymbolizer` (OGC 05-077r4 clause 11.5).

use super::{Color, Symbolizer};

/// `RasterSymbolizer`: the images of a raster layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RasterSymbolizer {
    /// How much of it covers what lies below; all of it where absent.
    pub opacity: Option<f32>,
    /// Which bands are shown.
    pub channels: Channels,
    /// Colours by value; of one band.
    pub colors: Option<ColorMap>,
    /// How values are spread over the shades, where a channel says nothing of its own.
    pub contrast: Contrast,
    /// Shades of hills.
    pub relief: Option<ShadedRelief>,
    /// Which of several images at one place is seen.
    pub overlap: Overlap,
    /// How values between pixels come about; by what the values are where nothing is said.
    pub resampling: Option<Resampling>,
    /// Drawn along the border of each image (`ImageOutline`): a line or an area.
    pub outline: Option<Box<Symbolizer>>,
}

/// `ChannelSelection`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Channels {
    /// Those that the images name: red, green and blue where there are, else the first band.
    #[default]
    Own,
    /// `GrayChannel`.
    Gray(Channel),
    /// `RedChannel`, `GreenChannel` and `BlueChannel`.
    Color(Box<[Channel; 3]>),
}

/// A band that is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    /// `SourceChannelName`: the name of a band, or its number from 1.
    pub band: String,
    /// How its values are spread; as the symbolizer says where this says nothing.
    pub contrast: Contrast,
}

/// `ContrastEnhancement`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contrast {
    /// From which values to which.
    pub stretch: Option<Stretch>,
    /// `GammaValue`: brighter above 1, darker below.
    pub gamma: Option<f32>,
}

/// From which values to which shades go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch {
    /// From the least value to the greatest (`Normalize`).
    Normalize,
    /// As many pixels for each shade (`Histogram`).
    Histogram,
    /// From one value to another (GeoServer's `StretchToMinimumMaximum`).
    Range(f64, f64),
}

/// `ColorMap`.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorMap {
    /// What entries mean.
    pub kind: ColorMapKind,
    /// Values that grow, each with its colour; at least one.
    pub entries: Vec<ColorMapEntry>,
}

/// What entries of a colour map mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMapKind {
    /// Colours run from one entry to the next (`Interpolate`).
    #[default]
    Ramp,
    /// The colour of an entry is that of the values below it, down to the entry before; of the value itself too, where
    /// `inclusive` (`Categorize`).
    Intervals {
        /// Whether an entry's own value has its colour.
        inclusive: bool,
    },
    /// The colour of an entry is that of its value alone.
    Values,
}

/// An entry of a colour map.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorMapEntry {
    /// The value; infinite for the last of intervals.
    pub quantity: f64,
    /// Its colour.
    pub color: Color,
    /// 0 to 1.
    pub opacity: f32,
    /// Text of the legend.
    pub label: Option<String>,
}

/// `ShadedRelief`: light from the upper left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShadedRelief {
    /// How much higher than they are hills look, times 55 (OGC 05-077r4 clause 11.5.5 calls 55 reasonable).
    pub factor: f32,
    /// Whether it only darkens and brightens what lies below.
    pub brightness_only: bool,
}

impl Default for ShadedRelief {
    fn default() -> Self {
        Self { factor: 55.0, brightness_only: false }
    }
}

/// `OverlapBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// The last image lies on top.
    #[default]
    Latest,
    /// The first.
    Earliest,
    /// Each pixel has the mean of the values that the images have there.
    Average,
}

/// How values between pixels come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampling {
    /// The nearest pixel.
    Nearest,
    /// Between the four around.
    Bilinear,
}

impl ColorMap {
    /// The colour of a value with its opacity; `None` where the map has none for it.
    #[must_use]
    pub fn color(&self, value: f64) -> Option<(Color, f32)> {
        let of = |entry: &ColorMapEntry| (entry.color, entry.opacity);
        match self.kind {
            ColorMapKind::Values => {
                let at = self.entries.partition_point(|e| e.quantity < value);
                self.entries.get(at).filter(|e| e.quantity == value).map(of)
            }
            ColorMapKind::Intervals { inclusive } => {
                let below =
                    |e: &ColorMapEntry| if inclusive { e.quantity < value } else { e.quantity <= value };
                self.entries.get(self.entries.partition_point(below)).map(of)
            }
            ColorMapKind::Ramp => {
                let at = self.entries.partition_point(|e| e.quantity <= value);
                let after = self.entries.get(at);
                let before = at.checked_sub(1).and_then(|at| self.entries.get(at));
                match (before, after) {
                    (Some(a), Some(b)) => {
                        let share = ((value - a.quantity) / (b.quantity - a.quantity)) as f32;
                        Some((between(a.color, b.color, share), a.opacity + (b.opacity - a.opacity) * share))
                    }
                    // Beyond the ends the end's colour goes on.
                    (Some(only), None) | (None, Some(only)) => Some(of(only)),
                    (None, None) => None,
                }
            }
        }
    }

    /// Whether a value between two others has a colour between theirs.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        self.kind == ColorMapKind::Ramp
    }
}

fn between(a: Color, b: Color, share: f32) -> Color {
    let one = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color { r: one(a.r, b.r), g: one(a.g, b.g), b: one(a.b, b.b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(kind: ColorMapKind) -> ColorMap {
        let entry = |quantity, grey| ColorMapEntry {
            quantity,
            color: Color { r: grey, g: grey, b: grey },
            opacity: 1.0,
            label: None,
        };
        ColorMap { kind, entries: vec![entry(0.0, 0), entry(100.0, 100), entry(300.0, 200)] }
    }

    #[test]
    fn a_ramp_runs_between_its_entries_and_goes_on_beyond() {
        let grey = |value| map(ColorMapKind::Ramp).color(value).map(|(c, _)| c.r);
        for (value, shade) in
            [(-5.0, 0), (0.0, 0), (50.0, 50), (100.0, 100), (200.0, 150), (300.0, 200), (1e9, 200)]
        {
            assert_eq!(grey(value), Some(shade), "{value}");
        }
    }

    #[test]
    fn intervals_end_before_or_at_their_entry_and_nothing_lies_above_the_last() {
        let grey =
            |inclusive, value| map(ColorMapKind::Intervals { inclusive }).color(value).map(|(c, _)| c.r);
        assert_eq!(grey(false, 99.9), Some(100));
        assert_eq!(grey(false, 100.0), Some(200));
        assert_eq!(grey(true, 100.0), Some(100));
        assert_eq!(grey(false, 300.0), None);
        assert_eq!(grey(true, 300.0), Some(200));
    }

    #[test]
    fn values_have_their_colour_and_no_other_value_has_one() {
        let grey = |value| map(ColorMapKind::Values).color(value).map(|(c, _)| c.r);
        assert_eq!(grey(100.0), Some(100));
        assert_eq!(grey(100.5), None);
        assert_eq!(grey(-1.0), None);
    }
}
