//! `RasterSymbolizer` (OGC 02-070 section 11.10, OGC 05-077r4 clause 11.5).

use super::StyleError;
use super::reader::{Reader, described, elements, quoted};
use super::{rules, symbolizers};
use crate::style::{
    Channel, Channels, ColorMap, ColorMapEntry, ColorMapKind, Contrast, Overlap, RasterSymbolizer,
    Resampling, ShadedRelief, Stretch, Symbolizer,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// Entries of a colour map: far more than any legend has.
const ENTRIES: usize = 10_000;

pub(super) fn raster<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let mut symbolizer = RasterSymbolizer::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Opacity" => symbolizer.opacity = Some(reader.single(child, 0.0, 1.0)?),
            "ChannelSelection" => symbolizer.channels = channels(reader, child)?,
            "OverlapBehavior" => symbolizer.overlap = overlap(reader, child)?,
            "ColorMap" => symbolizer.colors = Some(color_map(reader, child)?),
            "ContrastEnhancement" => symbolizer.contrast = contrast(reader, child)?,
            "ShadedRelief" => symbolizer.relief = Some(relief(reader, child)?),
            "ImageOutline" => symbolizer.outline = Some(Box::new(outline(reader, child)?)),
            "VendorOption" if described(child) == "resampling" => {
                symbolizer.resampling = Some(resampling(reader, child)?);
            }
            _ => symbolizers::common(
                reader,
                child,
                "Opacity, ChannelSelection, OverlapBehavior, ColorMap, ContrastEnhancement, ShadedRelief or ImageOutline",
            )?,
        }
    }
    if symbolizer.colors.is_some() && matches!(symbolizer.channels, Channels::Color(_)) {
        return Err(reader
            .error(node, "a ColorMap colours one band; select a GrayChannel, or leave the ColorMap out"));
    }
    Ok(symbolizer)
}

fn channels<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Channels> {
    const COLORS: [&str; 3] = ["RedChannel", "GreenChannel", "BlueChannel"];
    let mut gray = None;
    let mut colors: [Option<Channel>; 3] = [None, None, None];
    for child in elements(node) {
        let name = child.tag_name().name();
        match (name, COLORS.iter().position(|c| *c == name).and_then(|at| colors.get_mut(at))) {
            ("GrayChannel", _) => gray = Some(channel(reader, child)?),
            (_, Some(place)) => *place = Some(channel(reader, child)?),
            _ => return Err(reader.unexpected(child, "GrayChannel, RedChannel, GreenChannel or BlueChannel")),
        }
    }
    match (gray, colors) {
        (Some(gray), [None, None, None]) => Ok(Channels::Gray(gray)),
        (None, [Some(red), Some(green), Some(blue)]) => Ok(Channels::Color(Box::new([red, green, blue]))),
        _ => Err(reader.error(
            node,
            "expected a GrayChannel alone, or RedChannel, GreenChannel and BlueChannel together",
        )),
    }
}

fn channel<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Channel> {
    let mut channel = Channel::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "SourceChannelName" => channel.band = reader.text(child)?,
            "ContrastEnhancement" => channel.contrast = contrast(reader, child)?,
            _ => return Err(reader.unexpected(child, "SourceChannelName or ContrastEnhancement")),
        }
    }
    if channel.band.is_empty() {
        return Err(reader
            .error(node, "the channel has no SourceChannelName; name a band, or give its number from 1"));
    }
    Ok(channel)
}

fn contrast<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Contrast> {
    let mut contrast = Contrast::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "Normalize" => contrast.stretch = Some(normalize(reader, child)?),
            "Histogram" => contrast.stretch = Some(Stretch::Histogram),
            "GammaValue" => contrast.gamma = Some(reader.single(child, 0.01, 100.0)?),
            "VendorOption" => rules::vendor_option(reader, child),
            _ => return Err(reader.unexpected(child, "Normalize, Histogram or GammaValue")),
        }
    }
    Ok(contrast)
}

/// `Normalize`, with GeoServer's options where there are any.
fn normalize<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Stretch> {
    let (mut least, mut greatest) = (None, None);
    for child in elements(node) {
        match described(child) {
            "algorithm" => {
                let algorithm = reader.text(child)?;
                if algorithm != "StretchToMinimumMaximum" {
                    let message = format!(
                        "algorithm '{}' is not known; known is StretchToMinimumMaximum",
                        quoted(&algorithm)
                    );
                    return Err(reader.error(child, message));
                }
            }
            "minValue" => least = Some(reader.number(child, f64::MIN, f64::MAX)?),
            "maxValue" => greatest = Some(reader.number(child, f64::MIN, f64::MAX)?),
            _ => return Err(reader.unexpected(child, "a VendorOption algorithm, minValue or maxValue")),
        }
    }
    match (least, greatest) {
        (None, None) => Ok(Stretch::Normalize),
        (Some(least), Some(greatest)) if least < greatest => Ok(Stretch::Range(least, greatest)),
        _ => Err(reader.error(node, "expected minValue below maxValue, both or neither of them")),
    }
}

fn overlap<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Overlap> {
    // An element in SLD 1.0, a word in SE 1.1.
    let word = match elements(node).next() {
        Some(child) => child.tag_name().name().to_owned(),
        None => reader.text(node)?,
    };
    match word.as_str() {
        // Any order will do.
        "LATEST_ON_TOP" | "RANDOM" => Ok(Overlap::Latest),
        "EARLIEST_ON_TOP" => Ok(Overlap::Earliest),
        "AVERAGE" => Ok(Overlap::Average),
        other => {
            let message = format!(
                "'{}' is not supported; expected LATEST_ON_TOP, EARLIEST_ON_TOP, AVERAGE or RANDOM",
                quoted(other)
            );
            Err(reader.error(node, message))
        }
    }
}

fn relief<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ShadedRelief> {
    let mut relief = ShadedRelief::default();
    for child in elements(node) {
        match child.tag_name().name() {
            "ReliefFactor" => relief.factor = reader.single(child, 0.0, 10_000.0)?,
            "BrightnessOnly" => relief.brightness_only = matches!(reader.text(child)?.as_str(), "1" | "true"),
            _ => return Err(reader.unexpected(child, "ReliefFactor or BrightnessOnly")),
        }
    }
    Ok(relief)
}

fn outline<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Symbolizer> {
    let Some(child) = elements(node).next() else {
        return Err(
            reader.error(node, "ImageOutline is empty; expected a LineSymbolizer or a PolygonSymbolizer")
        );
    };
    match child.tag_name().name() {
        "LineSymbolizer" => symbolizers::line(reader, child).map(Symbolizer::Line),
        "PolygonSymbolizer" => symbolizers::polygon(reader, child).map(Symbolizer::Polygon),
        _ => Err(reader.unexpected(child, "LineSymbolizer or PolygonSymbolizer")),
    }
}

fn resampling<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<Resampling> {
    match reader.text(node)?.as_str() {
        "nearest" => Ok(Resampling::Nearest),
        "bilinear" => Ok(Resampling::Bilinear),
        other => {
            Err(reader.error(node, format!("'{}' is not known; expected nearest or bilinear", quoted(other))))
        }
    }
}

fn color_map<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ColorMap> {
    let function = elements(node).find(|c| c.tag_name().name() != "ColorMapEntry");
    let map = match function {
        None => entries(reader, node)?,
        Some(function) => match function.tag_name().name() {
            "Categorize" => categorize(reader, function)?,
            "Interpolate" => interpolate(reader, function)?,
            _ => return Err(reader.unexpected(function, "ColorMapEntry, Categorize or Interpolate")),
        },
    };
    if map.entries.is_empty() {
        return Err(reader.error(node, "the ColorMap has no entry"));
    }
    if map.entries.len() > ENTRIES {
        return Err(reader.error(node, format!("the ColorMap has more than {ENTRIES} entries")));
    }
    if !map.entries.is_sorted_by(|a, b| a.quantity < b.quantity) {
        return Err(reader.error(node, "the values of the ColorMap don't grow from entry to entry"));
    }
    Ok(map)
}

/// SLD 1.0, with GeoServer's `type`.
fn entries<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ColorMap> {
    let kind = match node.attribute("type").unwrap_or("ramp") {
        "ramp" => ColorMapKind::Ramp,
        "intervals" => ColorMapKind::Intervals { inclusive: false },
        "values" => ColorMapKind::Values,
        other => {
            let message = format!(
                "type '{}' of ColorMap is not known; expected ramp, intervals or values",
                quoted(other)
            );
            return Err(reader.error(node, message));
        }
    };
    let entry = |child: Node<'a, 'i>| {
        let missing = |name: &str| reader.error(child, format!("the ColorMapEntry has no '{name}'"));
        let color = child.attribute("color").ok_or_else(|| missing("color"))?;
        let quantity = child.attribute("quantity").ok_or_else(|| missing("quantity"))?;
        let opacity = child.attribute("opacity").unwrap_or("1");
        Ok(ColorMapEntry {
            quantity: reader.number_in(child, quantity, f64::MIN, f64::MAX)?,
            color: reader.color_in(child, color)?,
            opacity: reader.number_in(child, opacity, 0.0, 1.0)? as f32,
            label: child.attribute("label").map(str::to_owned).filter(|label| !label.is_empty()),
        })
    };
    Ok(ColorMap { kind, entries: elements(node).map(entry).collect::<Parsed<_>>()? })
}

/// What is told apart must be the pixels.
fn rasterdata<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<()> {
    let text = reader.text(node)?;
    if text.eq_ignore_ascii_case("Rasterdata") {
        return Ok(());
    }
    Err(reader.error(node, format!("'{}' can't be looked up; expected Rasterdata", quoted(&text))))
}

fn colored(quantity: f64, color: crate::style::Color) -> ColorMapEntry {
    ColorMapEntry { quantity, color, opacity: 1.0, label: None }
}

fn categorize<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ColorMap> {
    let belong = node.attribute("thresholdsBelongTo").or_else(|| node.attribute("threshholdsBelongTo"));
    let inclusive = belong == Some("preceding");
    let mut colors = Vec::new();
    let mut thresholds = Vec::new();
    for child in elements(node) {
        match child.tag_name().name() {
            "LookupValue" => rasterdata(reader, child)?,
            "Value" if colors.len() == thresholds.len() => {
                colors.push(reader.color_in(child, &reader.text(child)?)?);
            }
            "Threshold" if colors.len() == thresholds.len() + 1 => {
                thresholds.push(reader.number(child, f64::MIN, f64::MAX)?);
            }
            _ => return Err(reader.unexpected(child, "LookupValue, then Value and Threshold in turn")),
        }
    }
    if colors.len() != thresholds.len() + 1 {
        return Err(reader.error(node, "Categorize ends with a Threshold; expected the Value above it"));
    }
    thresholds.push(f64::INFINITY);
    let entries =
        thresholds.into_iter().zip(colors).map(|(quantity, color)| colored(quantity, color)).collect();
    Ok(ColorMap { kind: ColorMapKind::Intervals { inclusive }, entries })
}

fn interpolate<'a, 'i>(reader: &Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<ColorMap> {
    if let Some(mode) = node.attribute("mode").filter(|mode| *mode != "linear") {
        return Err(reader.error(
            node,
            format!("mode '{}' of a ColorMap is not supported; expected linear", quoted(mode)),
        ));
    }
    let mut entries = Vec::new();
    for child in elements(node) {
        match child.tag_name().name() {
            "LookupValue" => rasterdata(reader, child)?,
            "InterpolationPoint" => {
                let part = |name: &str| {
                    let found = elements(child).find(|c| c.tag_name().name() == name);
                    found.ok_or_else(|| reader.error(child, format!("the InterpolationPoint has no {name}")))
                };
                let (data, value) = (part("Data")?, part("Value")?);
                let quantity = reader.number(data, f64::MIN, f64::MAX)?;
                entries.push(colored(quantity, reader.color_in(value, &reader.text(value)?)?));
            }
            _ => return Err(reader.unexpected(child, "LookupValue or InterpolationPoint")),
        }
    }
    Ok(ColorMap { kind: ColorMapKind::Ramp, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::sld;

    fn symbolizer(inside: &str) -> Result<RasterSymbolizer, String> {
        let text = format!(
            "<FeatureTypeStyle><Rule><RasterSymbolizer>{inside}</RasterSymbolizer></Rule></FeatureTypeStyle>"
        );
        let style = sld::parse(&text).map_err(|e| e.to_string())?;
        match style.rules().flat_map(|r| &r.symbolizers).next() {
            Some(Symbolizer::Raster(raster)) => Ok(raster.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_part_of_a_raster_symbolizer_is_read() {
        let read = symbolizer(
            "<Opacity>0.5</Opacity>\
             <ChannelSelection><GrayChannel><SourceChannelName>altitude</SourceChannelName>\
             <ContrastEnhancement><GammaValue>2</GammaValue></ContrastEnhancement></GrayChannel></ChannelSelection>\
             <OverlapBehavior><EARLIEST_ON_TOP/></OverlapBehavior>\
             <ColorMap type='intervals'><ColorMapEntry color='#000000' quantity='10' label='bas'/>\
             <ColorMapEntry color='#ffffff' quantity='20' opacity='0.25'/></ColorMap>\
             <ContrastEnhancement><Normalize/></ContrastEnhancement>\
             <ShadedRelief><ReliefFactor>110</ReliefFactor></ShadedRelief>\
             <ImageOutline><LineSymbolizer/></ImageOutline>\
             <VendorOption name='resampling'>nearest</VendorOption>",
        )
        .expect("valid");
        assert_eq!(read.opacity, Some(0.5));
        assert_eq!(read.overlap, Overlap::Earliest);
        assert_eq!(read.contrast.stretch, Some(Stretch::Normalize));
        assert_eq!(read.relief, Some(ShadedRelief { factor: 110.0, brightness_only: false }));
        assert_eq!(read.resampling, Some(Resampling::Nearest));
        assert!(matches!(read.outline.as_deref(), Some(Symbolizer::Line(_))));
        let Channels::Gray(channel) = &read.channels else { panic!("{:?}", read.channels) };
        assert_eq!((channel.band.as_str(), channel.contrast.gamma), ("altitude", Some(2.0)));
        let colors = read.colors.expect("colours");
        assert_eq!(colors.kind, ColorMapKind::Intervals { inclusive: false });
        assert_eq!(colors.entries[0].label.as_deref(), Some("bas"));
        assert_eq!(colors.entries[1].opacity, 0.25);
    }

    #[test]
    fn the_functions_of_se_become_colour_maps() {
        let categorize = symbolizer(
            "<ColorMap><Categorize fallbackValue='#000000' thresholdsBelongTo='preceding'>\
             <LookupValue>Rasterdata</LookupValue><Value>#00ff00</Value><Threshold>5</Threshold>\
             <Value>#ff0000</Value></Categorize></ColorMap>",
        )
        .expect("valid");
        let colors = categorize.colors.expect("colours");
        let green = |value| colors.color(value).is_some_and(|(c, _)| c.g == 255);
        assert!(green(5.0) && !green(5.1) && colors.color(1e300).is_some());
        let interpolate = symbolizer(
            "<ColorMap><Interpolate fallbackValue='#000000'><LookupValue>Rasterdata</LookupValue>\
             <InterpolationPoint><Data>0</Data><Value>#000000</Value></InterpolationPoint>\
             <InterpolationPoint><Data>10</Data><Value>#0000ff</Value></InterpolationPoint></Interpolate></ColorMap>",
        )
        .expect("valid");
        assert_eq!(interpolate.colors.expect("colours").color(5.0).map(|(c, _)| c.b), Some(128));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        for (inside, word) in [
            ("<Opacity>2</Opacity>", "from 0 to 1"),
            ("<ColorMap/>", "no entry"),
            ("<ColorMap type='smooth'><ColorMapEntry color='#000000' quantity='1'/></ColorMap>", "'smooth'"),
            ("<ColorMap><ColorMapEntry color='red' quantity='1'/></ColorMap>", "'red'"),
            ("<ColorMap><ColorMapEntry color='#000000'/></ColorMap>", "'quantity'"),
            (
                "<ColorMap><ColorMapEntry color='#000000' quantity='2'/><ColorMapEntry color='#000000' quantity='1'/></ColorMap>",
                "grow",
            ),
            (
                "<ChannelSelection><RedChannel><SourceChannelName>1</SourceChannelName></RedChannel></ChannelSelection>",
                "together",
            ),
            ("<ChannelSelection><GrayChannel/></ChannelSelection>", "SourceChannelName"),
            ("<OverlapBehavior>MEDIAN</OverlapBehavior>", "'MEDIAN'"),
            ("<ImageOutline/>", "ImageOutline"),
            ("<Fill/>", "'Fill'"),
            ("<ColorMap><Categorize><LookupValue>x</LookupValue></Categorize></ColorMap>", "Rasterdata"),
            ("<ContrastEnhancement><GammaValue>0</GammaValue></ContrastEnhancement>", "0.01"),
        ] {
            let message = symbolizer(inside).expect_err(inside);
            assert!(message.contains(word) && message.starts_with("line 1"), "{inside}: {message}");
        }
    }
}
