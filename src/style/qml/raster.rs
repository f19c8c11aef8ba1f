//! Renderers of rasters.

use super::color;
use super::reader::{Reader, child, children, number, quoted};
use crate::style::{
    Channel, Channels, ColorMap, ColorMapEntry, ColorMapKind, Contrast, RasterSymbolizer, ShadedRelief,
    Stretch, StyleError,
};
use roxmltree::Node;

type Parsed<T> = Result<T, StyleError>;

/// Grey that level ground has under the light of a relief, as QGIS draws it.
const LEVEL: &str = "#b4b4b4";
/// Angles of the light that a relief is drawn with.
const LIGHT: [(&str, f64); 2] = [("azimuth", 315.0), ("angle", 45.0)];

/// Reads the renderer in a `pipe`.
pub(super) fn renderer<'a, 'i>(reader: &mut Reader<'a, 'i>, pipe: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let Some(node) = child(pipe, "rasterrenderer") else {
        return Err(reader.error(pipe, "the style has no renderer of a raster ('rasterrenderer')"));
    };
    let kind = node.attribute("type").unwrap_or_default();
    let mut symbolizer = match kind {
        "singlebandgray" => gray(reader, node)?,
        "multibandcolor" => colors(reader, node)?,
        "singlebandpseudocolor" => shader(reader, node)?,
        "paletted" => palette(reader, node)?,
        "hillshade" => hillshade(reader, node),
        _ => {
            let message = format!(
                "renderer '{}' of rasters is not read; read are singlebandgray, multibandcolor, singlebandpseudocolor, \
                 paletted and hillshade",
                quoted(kind)
            );
            return Err(reader.error(node, message));
        }
    };
    let opacity = number(node, "opacity").map_or(1.0, |o| o as f32).clamp(0.0, 1.0) * reader.opacity;
    symbolizer.opacity = (opacity < 1.0).then_some(opacity);
    Ok(symbolizer)
}

/// The band that an attribute names, by its number from 1.
fn band(node: Node<'_, '_>, attribute: &str) -> Channel {
    let number = number(node, attribute).filter(|n| *n >= 1.0).unwrap_or(1.0);
    Channel { band: format!("{number:.0}"), contrast: Contrast::default() }
}

/// From which values to which shades go.
fn contrast(node: Node<'_, '_>, name: &str) -> Contrast {
    let Some(contrast) = child(node, name) else { return Contrast::default() };
    let value = |name: &str| {
        let text = child(contrast, name)?.text()?;
        text.trim().parse::<f64>().ok().filter(|v| v.is_finite())
    };
    let algorithm = child(contrast, "algorithm").and_then(|a| a.text()).unwrap_or("StretchToMinimumMaximum");
    let stretch = match (value("minValue"), value("maxValue")) {
        (Some(least), Some(greatest)) if least < greatest && algorithm.trim() != "NoEnhancement" => {
            Some(Stretch::Range(least, greatest))
        }
        _ => None,
    };
    Contrast { stretch, gamma: None }
}

fn gray<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let contrast = contrast(node, "contrastEnhancement");
    let channel = Channel { contrast, ..band(node, "grayBand") };
    let is_turned = node.attribute("gradient") == Some("WhiteToBlack");
    match (is_turned, contrast.stretch) {
        (true, Some(Stretch::Range(least, greatest))) => {
            let entries = [(least, "#ffffff"), (greatest, "#000000")];
            let entries = entries.into_iter().map(|(value, text)| entry(reader, node, value, text, None));
            let entries = entries.collect::<Parsed<Vec<_>>>()?;
            let channel = Channel { contrast: Contrast::default(), ..channel };
            Ok(mapped(channel, ColorMapKind::Ramp, entries))
        }
        (true, _) => {
            reader.note(node, "shades from white to black without limits are drawn from black to white");
            Ok(RasterSymbolizer { channels: Channels::Gray(channel), ..RasterSymbolizer::default() })
        }
        (false, _) => {
            Ok(RasterSymbolizer { channels: Channels::Gray(channel), ..RasterSymbolizer::default() })
        }
    }
}

fn colors<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let of = |band_name: &str, contrast_name: &str| {
        let is_there = number(node, band_name).is_some_and(|n| n >= 1.0);
        is_there.then(|| Channel { contrast: contrast(node, contrast_name), ..band(node, band_name) })
    };
    let red = of("redBand", "redContrastEnhancement");
    let green = of("greenBand", "greenContrastEnhancement");
    let blue = of("blueBand", "blueContrastEnhancement");
    let (Some(red), Some(green), Some(blue)) = (red, green, blue) else {
        return Err(
            reader.error(node, "a colour without a band is not read; choose bands for red, green and blue")
        );
    };
    let channels = Channels::Color(Box::new([red, green, blue]));
    Ok(RasterSymbolizer { channels, ..RasterSymbolizer::default() })
}

fn shader<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let shader = child(node, "rastershader").and_then(|s| child(s, "colorrampshader"));
    let Some(shader) = shader else {
        return Err(reader.error(node, "the renderer has no colours ('colorrampshader')"));
    };
    let kind = match shader.attribute("colorRampType").unwrap_or("INTERPOLATED") {
        "DISCRETE" => ColorMapKind::Intervals { inclusive: true },
        "EXACT" => ColorMapKind::Values,
        _ => ColorMapKind::Ramp,
    };
    if shader.attribute("clip") == Some("1") && kind == ColorMapKind::Ramp {
        reader.note(shader, "values beyond the colours are drawn in the outermost ones");
    }
    let entries = listed(reader, shader, "item")?;
    Ok(mapped(band(node, "band"), kind, entries))
}

fn palette<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> Parsed<RasterSymbolizer> {
    let Some(palette) = child(node, "colorPalette") else {
        return Err(reader.error(node, "the renderer has no colours ('colorPalette')"));
    };
    let entries = listed(reader, palette, "paletteEntry")?;
    Ok(mapped(band(node, "band"), ColorMapKind::Values, entries))
}

fn hillshade<'a, 'i>(reader: &mut Reader<'a, 'i>, node: Node<'a, 'i>) -> RasterSymbolizer {
    let is_turned = LIGHT.iter().any(|(name, usual)| number(node, name).is_some_and(|n| n != *usual));
    if is_turned || node.attribute("multidirection") == Some("1") {
        reader.note(node, "the light comes from the north-west, 45 degrees high");
    }
    let factor = number(node, "zfactor").filter(|z| *z > 0.0).unwrap_or(1.0);
    let level = color::parse(LEVEL).map(|(color, _)| color).unwrap_or_default();
    let one = ColorMapEntry { quantity: 0.0, color: level, opacity: 1.0, label: None };
    let relief = ShadedRelief { factor: (factor * 55.0).min(10_000.0) as f32, brightness_only: false };
    RasterSymbolizer { relief: Some(relief), ..mapped(band(node, "band"), ColorMapKind::Ramp, vec![one]) }
}

fn mapped(channel: Channel, kind: ColorMapKind, mut entries: Vec<ColorMapEntry>) -> RasterSymbolizer {
    entries.sort_by(|a, b| a.quantity.total_cmp(&b.quantity));
    entries.dedup_by(|a, b| a.quantity == b.quantity);
    RasterSymbolizer {
        channels: Channels::Gray(channel),
        colors: Some(ColorMap { kind, entries }),
        ..RasterSymbolizer::default()
    }
}

fn listed<'a, 'i>(
    reader: &mut Reader<'a, 'i>,
    node: Node<'a, 'i>,
    name: &'static str,
) -> Parsed<Vec<ColorMapEntry>> {
    let mut entries = Vec::new();
    for item in children(node, name) {
        let value = item.attribute("value").unwrap_or_default().trim();
        let quantity = match value.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => f64::INFINITY,
            text => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => value,
                _ => {
                    return Err(
                        reader.error(item, format!("'{}' is not a value; expected a number", quoted(value)))
                    );
                }
            },
        };
        let label = item.attribute("label").map(str::to_owned);
        let mut one = entry(reader, item, quantity, item.attribute("color").unwrap_or_default(), label)?;
        if let Some(alpha) = number(item, "alpha") {
            one.opacity = (alpha / 255.0).clamp(0.0, 1.0) as f32;
        }
        entries.push(one);
    }
    if entries.is_empty() {
        return Err(
            reader.error(node, "the renderer has no colours; classify it in QGIS and save the style again")
        );
    }
    Ok(entries)
}

fn entry<'a, 'i>(
    reader: &Reader<'a, 'i>,
    node: Node<'a, 'i>,
    quantity: f64,
    text: &str,
    label: Option<String>,
) -> Parsed<ColorMapEntry> {
    let Some((color, opacity)) = color::parse(text) else {
        return Err(reader.error(node, format!("'{}' is not a colour", quoted(text))));
    };
    Ok(ColorMapEntry { quantity, color, opacity, label: label.filter(|l| !l.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Language, Symbolizer, read};

    fn symbolizer(renderer: &str) -> Result<RasterSymbolizer, String> {
        let text = format!(
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\"><pipe>{renderer}</pipe></qgis>"
        );
        // What is kept is SLD, in whichever version has words for it.
        let reading = read(&text, None).map_err(|e| e.to_string())?;
        assert_eq!(reading.language, Language::Qml);
        match reading.style.rules().flat_map(|r| &r.symbolizers).next() {
            Some(Symbolizer::Raster(raster)) => Ok(raster.clone()),
            other => panic!("{other:?}"),
        }
    }

    fn shader(kind: &str, last: &str) -> String {
        format!(
            "<rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" opacity=\"0.5\"><rastershader><colorrampshader \
             colorRampType=\"{kind}\"><item value=\"10\" color=\"#d7191c\" label=\"dix\" alpha=\"255\"/>\
             <item value=\"{last}\" color=\"#2c7bb6\" alpha=\"255\"/></colorrampshader></rastershader></rasterrenderer>"
        )
    }

    #[test]
    fn ramps_classes_and_single_values_keep_their_colours() {
        let ramp = symbolizer(&shader("INTERPOLATED", "20")).expect("read");
        assert_eq!(ramp.opacity, Some(0.5));
        let red = |symbolizer: &RasterSymbolizer, value: f64| {
            symbolizer.colors.as_ref().and_then(|c| c.color(value)).map(|(c, _)| c.r)
        };
        assert_eq!((red(&ramp, 10.0), red(&ramp, 20.0)), (Some(0xd7), Some(0x2c)));
        let classes = symbolizer(&shader("DISCRETE", "inf")).expect("read");
        assert_eq!(
            (red(&classes, 10.0), red(&classes, 10.1), red(&classes, 1e9)),
            (Some(0xd7), Some(0x2c), Some(0x2c))
        );
        let values = symbolizer(&shader("EXACT", "20")).expect("read");
        assert_eq!((red(&values, 20.0), red(&values, 15.0)), (Some(0x2c), None));
        let palette = symbolizer(
            "<rasterrenderer type=\"paletted\" band=\"1\"><colorPalette><paletteEntry value=\"3\" color=\"#00ff00\" alpha=\"128\" \
             label=\"forêt\"/></colorPalette></rasterrenderer>",
        )
        .expect("read");
        let (color, opacity) = palette.colors.expect("colours").color(3.0).expect("a colour");
        assert!(color.g == 255 && (opacity - 0.5).abs() < 0.01);
    }

    #[test]
    fn bands_and_their_limits_are_kept() {
        let gray = symbolizer(
            "<rasterrenderer type=\"singlebandgray\" grayBand=\"2\" gradient=\"BlackToWhite\"><contrastEnhancement>\
             <minValue>5</minValue><maxValue>50</maxValue><algorithm>StretchToMinimumMaximum</algorithm></contrastEnhancement>\
             </rasterrenderer>",
        )
        .expect("read");
        let Channels::Gray(channel) = &gray.channels else { panic!("{:?}", gray.channels) };
        assert_eq!((channel.band.as_str(), channel.contrast.stretch), ("2", Some(Stretch::Range(5.0, 50.0))));
        let colors = symbolizer(
            "<rasterrenderer type=\"multibandcolor\" redBand=\"4\" greenBand=\"3\" blueBand=\"2\"/>",
        )
        .expect("read");
        let Channels::Color(bands) = &colors.channels else { panic!("{:?}", colors.channels) };
        assert_eq!(bands.each_ref().map(|c| c.band.as_str()), ["4", "3", "2"]);
        let shaded = symbolizer(
            "<rasterrenderer type=\"hillshade\" band=\"1\" azimuth=\"315\" angle=\"45\" zfactor=\"2\"/>",
        )
        .expect("read");
        assert_eq!(shaded.relief.map(|r| r.factor), Some(110.0));
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for (renderer, word) in [
            ("<rasterrenderer type=\"contour\"/>", "'contour'"),
            ("", "rasterrenderer"),
            ("<rasterrenderer type=\"paletted\"/>", "colorPalette"),
            ("<rasterrenderer type=\"paletted\"><colorPalette/></rasterrenderer>", "no colours"),
            (
                "<rasterrenderer type=\"multibandcolor\" redBand=\"-1\" greenBand=\"3\" blueBand=\"2\"/>",
                "bands",
            ),
            (&shader("EXACT", "vingt"), "'vingt'"),
            (&shader("EXACT", "20").replace("#2c7bb6", "bleuâtre"), "bleuâtre"),
        ] {
            let message = symbolizer(renderer).expect_err(renderer);
            assert!(message.contains(word), "{renderer}: {message}");
        }
    }
}
