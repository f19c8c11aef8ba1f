//! `RasterSymbolizer`.

use super::{Version, Written, Xml, unsayable};
use crate::style::{
    Channel, Channels, ColorMap, ColorMapKind, Contrast, Overlap, RasterSymbolizer, Resampling, Stretch,
};
use quick_xml::events::{BytesStart, Event};

impl Xml {
    pub(super) fn raster(&mut self, raster: &RasterSymbolizer) -> Written {
        if let Some(opacity) = raster.opacity {
            self.symbol_leaf("Opacity", &opacity.to_string())?;
        }
        self.channels(&raster.channels)?;
        let overlap = match raster.overlap {
            Overlap::Latest => None,
            Overlap::Earliest => Some("EARLIEST_ON_TOP"),
            Overlap::Average => Some("AVERAGE"),
        };
        if let Some(overlap) = overlap {
            match self.version {
                Version::V100 => self.symbol("OverlapBehavior", |xml| xml.empty(overlap))?,
                Version::V110 => self.symbol_leaf("OverlapBehavior", overlap)?,
            }
        }
        if let Some(colors) = &raster.colors {
            match self.version {
                Version::V100 => self.color_map(colors)?,
                Version::V110 => self.symbol("ColorMap", |xml| xml.color_function(colors))?,
            }
        }
        self.contrast(raster.contrast)?;
        if let Some(relief) = raster.relief {
            self.symbol("ShadedRelief", |xml| {
                if relief.brightness_only {
                    xml.symbol_leaf("BrightnessOnly", "true")?;
                }
                xml.symbol_leaf("ReliefFactor", &relief.factor.to_string())
            })?;
        }
        if let Some(outline) = &raster.outline {
            self.symbol("ImageOutline", |xml| xml.symbolizer(outline))?;
        }
        match raster.resampling {
            None => Ok(()),
            Some(Resampling::Nearest) => self.vendor("resampling", "nearest"),
            Some(Resampling::Bilinear) => self.vendor("resampling", "bilinear"),
        }
    }

    fn empty(&mut self, name: &str) -> Written {
        let name = self.se(name);
        self.out.write_event(Event::Empty(BytesStart::new(name)))
    }

    fn channels(&mut self, channels: &Channels) -> Written {
        match channels {
            Channels::Own => Ok(()),
            Channels::Gray(gray) => self.symbol("ChannelSelection", |xml| xml.channel("GrayChannel", gray)),
            Channels::Color(colors) => self.symbol("ChannelSelection", |xml| {
                let names = ["RedChannel", "GreenChannel", "BlueChannel"];
                names.iter().zip(colors.iter()).try_for_each(|(name, channel)| xml.channel(name, channel))
            }),
        }
    }

    fn channel(&mut self, name: &str, channel: &Channel) -> Written {
        self.symbol(name, |xml| {
            xml.symbol_leaf("SourceChannelName", &channel.band)?;
            xml.contrast(channel.contrast)
        })
    }

    fn contrast(&mut self, contrast: Contrast) -> Written {
        if contrast == Contrast::default() {
            return Ok(());
        }
        self.symbol("ContrastEnhancement", |xml| {
            match contrast.stretch {
                None => {}
                Some(Stretch::Normalize) => xml.empty("Normalize")?,
                Some(Stretch::Histogram) => xml.empty("Histogram")?,
                Some(Stretch::Range(least, greatest)) => xml.symbol("Normalize", |xml| {
                    xml.vendor("algorithm", "StretchToMinimumMaximum")?;
                    xml.vendor("minValue", &least.to_string())?;
                    xml.vendor("maxValue", &greatest.to_string())
                })?,
            }
            contrast.gamma.map_or(Ok(()), |gamma| xml.symbol_leaf("GammaValue", &gamma.to_string()))
        })
    }

    /// `ColorMap` of SLD 1.0, with GeoServer's `type` where it isn't a ramp.
    fn color_map(&mut self, colors: &ColorMap) -> Written {
        let kind = match colors.kind {
            ColorMapKind::Ramp => None,
            ColorMapKind::Intervals { inclusive: false } => Some("intervals"),
            ColorMapKind::Intervals { inclusive: true } => {
                return Err(unsayable("values that belong to the class below them, in SLD 1.0"));
            }
            ColorMapKind::Values => Some("values"),
        };
        let attributes: Vec<(&str, &str)> = kind.iter().map(|kind| ("type", *kind)).collect();
        self.element("ColorMap", &attributes, |xml| {
            colors.entries.iter().try_for_each(|entry| {
                // The last of intervals has no end; SLD 1.0 has no word for that but a value beyond all.
                let quantity = if entry.quantity.is_finite() { entry.quantity } else { f64::MAX };
                let mut tag = BytesStart::new("ColorMapEntry");
                tag.push_attribute(("color", entry.color.hex().as_str()));
                tag.push_attribute(("quantity", format!("{quantity:?}").as_str()));
                if entry.opacity < 1.0 {
                    tag.push_attribute(("opacity", entry.opacity.to_string().as_str()));
                }
                if let Some(label) = &entry.label {
                    tag.push_attribute(("label", label.as_str()));
                }
                xml.out.write_event(Event::Empty(tag))
            })
        })
    }

    /// `Interpolate` or `Categorize` of SE 1.1.
    fn color_function(&mut self, colors: &ColorMap) -> Written {
        if colors.entries.iter().any(|entry| entry.opacity < 1.0) {
            return Err(unsayable("colours that let something through, in a ColorMap of SE 1.1"));
        }
        let fallback = ("fallbackValue", "#000000");
        match colors.kind {
            ColorMapKind::Values => Err(unsayable("colours of single values, in a ColorMap of SE 1.1")),
            ColorMapKind::Ramp => {
                let attributes = [fallback, ("mode", "linear"), ("method", "color")];
                self.element("se:Interpolate", &attributes, |xml| {
                    xml.symbol_leaf("LookupValue", "Rasterdata")?;
                    colors.entries.iter().try_for_each(|entry| {
                        xml.symbol("InterpolationPoint", |xml| {
                            xml.symbol_leaf("Data", &entry.quantity.to_string())?;
                            xml.symbol_leaf("Value", &entry.color.hex())
                        })
                    })
                })
            }
            ColorMapKind::Intervals { inclusive } => {
                let belong = if inclusive { "preceding" } else { "succeeding" };
                self.element("se:Categorize", &[fallback, ("thresholdsBelongTo", belong)], |xml| {
                    xml.symbol_leaf("LookupValue", "Rasterdata")?;
                    for (index, entry) in colors.entries.iter().enumerate() {
                        xml.symbol_leaf("Value", &entry.color.hex())?;
                        let is_last = index + 1 == colors.entries.len();
                        match (is_last, entry.quantity.is_finite()) {
                            (true, false) => {}
                            (true, true) => return Err(unsayable("values above the last class, in SE 1.1")),
                            _ => xml.symbol_leaf("Threshold", &entry.quantity.to_string())?,
                        }
                    }
                    Ok(())
                })
            }
        }
    }
}
