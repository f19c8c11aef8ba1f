//! What the pixels of a raster layer are (a coverage in the words of ISO 19123).

use serde::{Deserialize, Serialize};

/// The pixels of a raster layer, the same in all its images. Each feature of such a layer is an image: its geometry is the
/// image's border, its `fid` names the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Bands in their order; at least one.
    pub bands: Vec<Band>,
    /// Width and height of the finest pixel, in units of the layer's system.
    pub pixel: [f64; 2],
    /// Colours (red, green, blue, alpha) of the values of the first band, from 0, where they are indices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub palette: Vec<[u8; 4]>,
}

/// One band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Its name, unique in the layer: what the source calls it, else `band_1` and so on.
    pub name: String,
    /// What its values are stored as.
    pub kind: SampleType,
    /// What its values mean for the eye.
    pub meaning: BandMeaning,
    /// Unit of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The value of pixels without data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodata: Option<f64>,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// How many pixels, of those that were looked at, lie in each of 256 steps from [`Band::min`] to [`Band::max`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<u64>,
}

/// What values are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleType {
    /// 0 to 255.
    UInt8,
    /// 16 bits without sign.
    UInt16,
    /// 16 bits with sign.
    Int16,
    /// 32 bits without sign.
    UInt32,
    /// 32 bits with sign.
    Int32,
    /// 32 bits, floating.
    Float32,
    /// 64 bits, floating.
    Float64,
}

/// What a band is for the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BandMeaning {
    /// Nothing said.
    Undefined,
    /// Shades, or values of any kind.
    Gray,
    /// Indices of a palette.
    Palette,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// How much is let through.
    Alpha,
}

impl Band {
    /// Takes the values of the same band of another image to its own.
    pub fn join(&mut self, other: &Self) {
        let steps = self.histogram.len();
        let (min, max) = (self.min.min(other.min), self.max.max(other.max));
        let mut histogram = vec![0_u64; steps];
        for one in [&*self, other] {
            let step = (one.max - one.min) / one.histogram.len().max(1) as f64;
            for (index, count) in one.histogram.iter().enumerate() {
                let value = one.min + (index as f64 + 0.5) * step;
                let at = ((value - min) / (max - min).max(f64::MIN_POSITIVE) * steps as f64) as usize;
                if let Some(place) = histogram.get_mut(at.min(steps.saturating_sub(1))) {
                    *place += count;
                }
            }
        }
        (self.min, self.max, self.histogram) = (min, max, histogram);
    }
}

impl Coverage {
    /// The place of a band by its name, in any case, or by its number from 1.
    #[must_use]
    pub fn band(&self, name: &str) -> Option<usize> {
        let name = name.trim();
        let named = self.bands.iter().position(|b| b.name.eq_ignore_ascii_case(name));
        let numbered = || name.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < self.bands.len());
        named.or_else(numbered)
    }

    /// The bands that are red, green and blue, where there are all three.
    #[must_use]
    pub fn colors(&self) -> Option<[usize; 3]> {
        let of = |meaning| self.bands.iter().position(|b| b.meaning == meaning);
        Some([of(BandMeaning::Red)?, of(BandMeaning::Green)?, of(BandMeaning::Blue)?])
    }

    /// Names of the bands.
    #[must_use]
    pub fn names(&self) -> String {
        self.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_found_by_name_in_any_case_and_by_number_from_one() {
        let band = |name: &str, meaning| Band {
            name: name.to_owned(),
            kind: SampleType::UInt8,
            meaning,
            unit: None,
            nodata: None,
            min: 0.0,
            max: 255.0,
            histogram: Vec::new(),
        };
        let bands = vec![
            band("proche_infrarouge", BandMeaning::Undefined),
            band("rouge", BandMeaning::Red),
            band("vert", BandMeaning::Green),
            band("bleu", BandMeaning::Blue),
        ];
        let coverage = Coverage { bands, pixel: [1.0, 1.0], palette: Vec::new() };
        assert_eq!(coverage.band("Rouge"), Some(1));
        assert_eq!(coverage.band("1"), Some(0));
        assert_eq!((coverage.band("0"), coverage.band("5"), coverage.band("noir")), (None, None, None));
        assert_eq!(coverage.colors(), Some([1, 2, 3]));
    }
}
