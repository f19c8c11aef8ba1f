//! From the values of images to colours (OGC 05-077r4 clause 11.5).

use super::Picture;
use crate::formats::image::Samples;
use crate::model::{Band, BandMeaning, Coverage, SampleType};
use crate::style::{
    Channel, Channels, ColorMap, Contrast, RasterSymbolizer, Resampling, ShadedRelief, Stretch,
};

/// Which bands of a coverage are shown, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownBands(Vec<usize>);

impl ShownBands {
    /// The bands that a symbolizer shows.
    ///
    /// # Errors
    /// A sentence that names a band that isn't there, and those that are.
    pub fn of(symbolizer: &RasterSymbolizer, coverage: &Coverage) -> Result<Self, String> {
        let place = |channel: &Channel| {
            coverage.band(&channel.band).ok_or_else(|| {
                let name: String = channel.band.chars().take(60).collect();
                format!("there is no band '{name}'; there are {}", coverage.names())
            })
        };
        match (&symbolizer.channels, coverage.colors()) {
            (Channels::Gray(gray), _) => Ok(Self(vec![place(gray)?])),
            (Channels::Color(colors), _) => {
                Ok(Self(colors.iter().map(place).collect::<Result<_, String>>()?))
            }
            (Channels::Own, Some(colors)) if symbolizer.colors.is_none() => Ok(Self(colors.to_vec())),
            (Channels::Own, _) => Ok(Self(vec![0])),
        }
    }

    /// Their places: one, or red, green and blue.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.0
    }
}

/// Whether values may be taken between pixels: where they are no classes.
#[must_use]
pub fn is_smooth(symbolizer: &RasterSymbolizer, coverage: &Coverage) -> bool {
    match symbolizer.resampling {
        Some(how) => how == Resampling::Bilinear,
        None => coverage.palette.is_empty() && symbolizer.colors.as_ref().is_none_or(ColorMap::is_continuous),
    }
}

/// The picture of values that lie on the pixels of a map.
///
/// `samples` has the shown bands first; pixels for which `keep` is false are left out. With shades of hills, its outermost
/// pixels are only looked at: the picture is two columns and two rows smaller. `ground` is the width and the height of a
/// pixel of the map in metres.
#[must_use]
pub fn colored(
    samples: &Samples,
    symbolizer: &RasterSymbolizer,
    coverage: &Coverage,
    shown: &ShownBands,
    ground: [f64; 2],
    keep: &dyn Fn(usize) -> bool,
) -> Picture {
    let colors = Colors::new(symbolizer, coverage, shown);
    let opacity = symbolizer.opacity.unwrap_or(1.0).clamp(0.0, 1.0);
    let (width, height) = (samples.width, samples.height);
    let mut picture = Picture::new(width as u32, height as u32, None);
    let relief = symbolizer.relief.map(|relief| Relief { samples, relief, ground });
    for (index, pixel) in picture.data_mut().chunks_exact_mut(4).enumerate() {
        let (x, y) = (index % width, index / width);
        let presence = samples.presence(x, y);
        if presence == 0 || !keep(index) {
            continue;
        }
        let Some(([r, g, b], own)) = colors.of(samples, x, y) else { continue };
        let mut alpha = own * opacity * f32::from(presence) / 255.0;
        let mut color = [r, g, b].map(f32::from);
        if let Some(relief) = &relief {
            let light = relief.light(x, y);
            if relief.relief.brightness_only {
                let shade = if light < 1.0 { 0.0 } else { 255.0 };
                color = [shade; 3];
                alpha *= (light - 1.0).abs().min(1.0);
            } else {
                color = color.map(|c| (c * light).min(255.0));
            }
        }
        let [red, green, blue] = color.map(|c| (c * alpha).round() as u8);
        pixel.copy_from_slice(&[red, green, blue, (alpha * 255.0).round() as u8]);
    }
    match symbolizer.relief {
        Some(_) if width > 2 && height > 2 => picture.part(1, 1, width as u32 - 2, height as u32 - 2),
        _ => picture,
    }
}

/// How the values of a pixel become a colour.
enum Colors<'a> {
    Map(&'a ColorMap),
    Palette(&'a [[u8; 4]]),
    Shades(Vec<Shade>),
}

impl<'a> Colors<'a> {
    fn new(symbolizer: &'a RasterSymbolizer, coverage: &'a Coverage, shown: &ShownBands) -> Self {
        if let Some(map) = &symbolizer.colors {
            return Self::Map(map);
        }
        let bands = || shown.0.iter().filter_map(|place| coverage.bands.get(*place));
        let is_palette = bands().all(|band| band.meaning == BandMeaning::Palette);
        if is_palette && !coverage.palette.is_empty() && symbolizer.channels == Channels::Own {
            return Self::Palette(&coverage.palette);
        }
        let own: Vec<Contrast> = match &symbolizer.channels {
            Channels::Own => Vec::new(),
            Channels::Gray(gray) => vec![gray.contrast],
            Channels::Color(colors) => colors.iter().map(|c| c.contrast).collect(),
        };
        let contrast = |at: usize| {
            let own = own.get(at).copied().unwrap_or_default();
            Contrast {
                stretch: own.stretch.or(symbolizer.contrast.stretch),
                gamma: own.gamma.or(symbolizer.contrast.gamma),
            }
        };
        Self::Shades(bands().enumerate().map(|(at, band)| Shade::new(band, contrast(at))).collect())
    }

    /// The colour of a pixel and its opacity; nothing where it has none.
    fn of(&self, samples: &Samples, x: usize, y: usize) -> Option<([u8; 3], f32)> {
        match self {
            Self::Map(map) => {
                let (color, opacity) = map.color(f64::from(samples.value(0, x, y)?))?;
                Some(([color.r, color.g, color.b], opacity))
            }
            Self::Palette(palette) => {
                let [r, g, b, a] = *palette.get(samples.value(0, x, y)? as usize)?;
                Some(([r, g, b], f32::from(a) / 255.0))
            }
            Self::Shades(shades) => {
                let shade = |at: usize| Some(shades.get(at)?.of(samples.value(at, x, y)?));
                let first = shade(0)?;
                let color = if shades.len() < 3 { [first; 3] } else { [first, shade(1)?, shade(2)?] };
                Some((color, 1.0))
            }
        }
    }
}

/// How the values of a band become shades.
struct Shade {
    least: f32,
    greatest: f32,
    gamma: f32,
    /// Shares of the pixels below each step, where as many pixels shall have each shade.
    shares: Vec<f32>,
}

impl Shade {
    fn new(band: &Band, contrast: Contrast) -> Self {
        let (least, greatest) = match contrast.stretch {
            Some(Stretch::Range(least, greatest)) => (least, greatest),
            None if band.kind == SampleType::UInt8 => (0.0, 255.0),
            // Wider values have no shades of their own.
            None | Some(Stretch::Normalize | Stretch::Histogram) => (band.min, band.max),
        };
        let mut shares = Vec::new();
        let all: u64 = band.histogram.iter().sum();
        if contrast.stretch == Some(Stretch::Histogram) && all > 0 {
            let mut below = 0;
            for count in &band.histogram {
                below += count;
                shares.push(below as f32 / all as f32);
            }
        }
        Self { least: least as f32, greatest: greatest as f32, gamma: contrast.gamma.unwrap_or(1.0), shares }
    }

    fn of(&self, value: f32) -> u8 {
        let span = self.greatest - self.least;
        let mut share = if span > 0.0 { ((value - self.least) / span).clamp(0.0, 1.0) } else { 0.5 };
        if let Some(last) = self.shares.len().checked_sub(1) {
            let step = ((share * self.shares.len() as f32) as usize).min(last);
            share = self.shares.get(step).copied().unwrap_or(share);
        }
        if self.gamma != 1.0 {
            share = share.powf(1.0 / self.gamma);
        }
        (share * 255.0).round() as u8
    }
}

/// Light from the north-west, 45 degrees above the ground.
struct Relief<'a> {
    samples: &'a Samples,
    relief: ShadedRelief,
    ground: [f64; 2],
}

impl Relief<'_> {
    /// How bright a place is; 1 on level ground.
    fn light(&self, x: usize, y: usize) -> f32 {
        let Some(own) = self.samples.value(0, x, y) else { return 1.0 };
        // Beyond the border, and where nothing is known, the ground goes on as it is.
        let at = |dx: isize, dy: isize| {
            let (x, y) = (x.saturating_add_signed(dx), y.saturating_add_signed(dy));
            let (x, y) = (x.min(self.samples.width - 1), y.min(self.samples.height - 1));
            let known = self.samples.presence(x, y) > 0;
            self.samples.value(0, x, y).filter(|_| known).unwrap_or(own)
        };
        let exaggeration = self.relief.factor / 55.0;
        // The slopes of Horn's method: neighbours side by side count twice.
        let across = (at(1, -1) + 2.0 * at(1, 0) + at(1, 1)) - (at(-1, -1) + 2.0 * at(-1, 0) + at(-1, 1));
        let down = (at(-1, 1) + 2.0 * at(0, 1) + at(1, 1)) - (at(-1, -1) + 2.0 * at(0, -1) + at(1, -1));
        let slope =
            |rise: f32, metres: f64| rise * exaggeration / (8.0 * metres as f32).max(f32::MIN_POSITIVE);
        let (east, south) = (slope(across, self.ground[0]), slope(down, self.ground[1]));
        // The light comes along (1, 1, -√2) in the directions east, south, up: the ground's normal is (-east, -south, 1).
        let facing = (east + south) / 2.0 + std::f32::consts::FRAC_1_SQRT_2;
        let length = (east * east + south * south + 1.0).sqrt();
        (facing / length * std::f32::consts::SQRT_2).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(kind: SampleType, bands: usize) -> Coverage {
        let band = |at: usize| Band {
            name: format!("band_{}", at + 1),
            kind,
            meaning: BandMeaning::Undefined,
            unit: None,
            nodata: None,
            min: 0.0,
            max: 1000.0,
            histogram: vec![1; 256],
        };
        Coverage { bands: (0..bands).map(band).collect(), pixel: [1.0, 1.0], palette: Vec::new() }
    }

    fn drawn(values: &[f32], symbolizer: &RasterSymbolizer, coverage: &Coverage) -> Vec<[u8; 4]> {
        let samples = Samples { width: values.len(), height: 1, bands: vec![values.to_vec()], mask: None };
        let shown = ShownBands::of(symbolizer, coverage).expect("bands");
        let picture = colored(&samples, symbolizer, coverage, &shown, [1.0, 1.0], &|_| true);
        (0..values.len()).filter_map(|x| picture.pixel(x as u32, 0)).collect()
    }

    #[test]
    fn bytes_are_shades_and_wider_values_are_stretched() {
        let own = RasterSymbolizer::default();
        let bytes = drawn(&[0.0, 128.0, 255.0], &own, &coverage(SampleType::UInt8, 1));
        assert_eq!(bytes, [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255]]);
        let wide = drawn(&[0.0, 500.0, 2000.0, f32::NAN], &own, &coverage(SampleType::Int16, 1));
        assert_eq!(wide, [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255], [0, 0, 0, 0]]);
    }

    #[test]
    fn contrast_is_stretched_evened_and_bent() {
        let with = |stretch, gamma| RasterSymbolizer {
            contrast: Contrast { stretch, gamma },
            ..RasterSymbolizer::default()
        };
        let mut coverage = coverage(SampleType::UInt16, 1);
        let grey = |s: &RasterSymbolizer, c: &Coverage, v: f32| drawn(&[v], s, c)[0][0];
        assert_eq!(grey(&with(Some(Stretch::Range(100.0, 200.0)), None), &coverage, 150.0), 128);
        assert_eq!(grey(&with(None, Some(2.0)), &coverage, 250.0), 128);
        // Nearly all pixels are dark: evened, what is a little brighter is nearly white.
        coverage.bands[0].histogram = std::iter::once(1_000).chain([1; 255]).collect();
        assert!(grey(&with(Some(Stretch::Histogram), None), &coverage, 10.0) > 200);
    }

    #[test]
    fn a_band_that_is_not_there_is_named_with_those_that_are() {
        let gray = |band: &str| RasterSymbolizer {
            channels: Channels::Gray(Channel { band: band.to_owned(), contrast: Contrast::default() }),
            ..RasterSymbolizer::default()
        };
        let coverage = coverage(SampleType::UInt8, 2);
        assert_eq!(ShownBands::of(&gray("2"), &coverage).expect("there").places(), [1]);
        let message = ShownBands::of(&gray("7"), &coverage).expect_err("none");
        assert!(message.contains("'7'") && message.contains("band_1, band_2"), "{message}");
    }

    #[test]
    fn slopes_to_the_north_west_are_bright_and_level_ground_stays() {
        let symbolizer =
            RasterSymbolizer { relief: Some(ShadedRelief::default()), ..RasterSymbolizer::default() };
        let coverage = coverage(SampleType::UInt8, 1);
        let shown = ShownBands::of(&symbolizer, &coverage).expect("bands");
        let shade = |rise: f32| {
            let value = |at: usize| 100.0 + rise * (at % 3) as f32 + rise * (at / 3) as f32;
            let bands = vec![(0..9).map(value).collect()];
            let samples = Samples { width: 3, height: 3, bands, mask: None };
            let picture = colored(&samples, &symbolizer, &coverage, &shown, [1.0, 1.0], &|_| true);
            assert_eq!((picture.width(), picture.height()), (1, 1));
            f32::from(picture.pixel(0, 0).expect("pixel")[0]) / (100.0 + 2.0 * rise)
        };
        assert!((shade(0.0) - 1.0).abs() < 0.01);
        // Rising to the south-east, the ground faces the light.
        assert!(shade(0.3) > 1.1 && shade(-0.3) < 0.8, "{} {}", shade(0.3), shade(-0.3));
    }
}
