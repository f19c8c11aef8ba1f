//! GetLegendGraphic (OGC 02-070 clause 12, OGC 05-078r4 section 6.4), with the `LEGEND_OPTIONS` of GeoServer.

use super::layers::{bounded, styled};
use super::styled::Document;
use super::{Context, Parsed, condition, dimension, image_format, map_scale, scale_of, transparent};
use crate::maps::{LegendRequest, MapLayer, MapRequest, Met};
use crate::render::LegendLook;
use crate::services::edge::Kvp;
use crate::services::wms::error::{Code, WmsError, excerpt};
use crate::services::wms::version::Version;
use crate::style::{Color, Font, FontStyle};

/// A legend, and whether it is asked for as data.
pub(in crate::services::wms) struct LegendAsked {
    pub(in crate::services::wms) request: LegendRequest,
    pub(in crate::services::wms) json: bool,
}

/// Reads a GetLegendGraphic.
pub(in crate::services::wms) fn legend(kvp: &Kvp, context: &Context<'_>) -> Parsed<LegendAsked> {
    let mut named = layers(kvp, context)?;
    let options = Options::parse(kvp.get("LEGEND_OPTIONS").unwrap_or_default())?;
    let (format, json) = match kvp.filled("FORMAT") {
        None => (image_format("image/png")?, false),
        Some(text) if text.eq_ignore_ascii_case("application/json") => (image_format("image/png")?, true),
        Some(text) => (image_format(text)?, false),
    };
    let denominator = match kvp.filled("SCALE") {
        None => None,
        Some(text) => Some(
            text.parse::<f64>()
                .ok()
                .filter(|v| v.is_finite() && *v > 0.0)
                .ok_or_else(|| WmsError::invalid("SCALE", text, "a scale denominator such as 25000"))?,
        ),
    };
    let met = met(kvp, context, &mut named, &options)?;
    let layers: Vec<MapLayer> = named.into_iter().flatten().collect();
    let met = met.map(|met| Met { map: MapRequest { layers: layers.clone(), ..met.map }, ..met });
    let scale = options.dpi.map_or_else(|| map_scale(kvp), scale_of).min(4.0);
    let side = (20.0 * scale).round().clamp(4.0, 400.0) as u32;
    let look = LegendLook {
        font: options.font,
        color: options.color.unwrap_or(LegendLook::default().color),
        horizontal: options.horizontal,
        columns: options.columns,
        labels: options.labels.unwrap_or(true),
        titles: options.titles,
        icon: icon(kvp)?.unwrap_or((side, side)),
        scale,
        denominator: denominator.or_else(|| met.as_ref().map(|met| met.map.denominator())),
    };
    let request = LegendRequest {
        rule: kvp.filled("RULE").map(str::to_owned),
        look,
        met,
        background: options.background.unwrap_or(Color::WHITE),
        transparent: transparent(kvp),
        format,
        ..LegendRequest::of(layers)
    };
    Ok(LegendAsked { request, json })
}

/// What each name of `LAYER` shows, from the top of the legend.
fn layers(kvp: &Kvp, context: &Context<'_>) -> Parsed<Vec<Vec<MapLayer>>> {
    let names = kvp
        .filled("LAYER")
        .or_else(|| kvp.filled("LAYERS"))
        .ok_or_else(|| WmsError::missing("LAYER", "communes"))?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let styles = kvp.get("STYLE").or_else(|| kvp.get("STYLES")).unwrap_or_default();
    let styles: Vec<&str> = if styles.is_empty() { Vec::new() } else { styles.split(',').collect() };
    if !styles.is_empty() && styles.len() != names.len() {
        let message = format!(
            "STYLE names {} styles for {} layers; give one a layer, or none at all",
            styles.len(),
            names.len()
        );
        return Err(WmsError::new(Code::StyleNotDefined, "STYLE", message));
    }
    let document = Document::of(kvp)?;
    let mut count = 0;
    let mut shown = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let style = styles.get(index).map_or("", |s| s.trim());
        let mut layers = styled(name, style, context, document.as_ref(), ["LAYER", "STYLE"])?;
        // What lies on top of a map stands on top of its legend.
        layers.reverse();
        count += layers.len();
        bounded(count, context, "LAYER")?;
        shown.push(layers);
    }
    Ok(shown)
}

/// The map that a legend is beside: `BBOX` with `CRS`, and its size as `SRCWIDTH` and `SRCHEIGHT` (GeoServer, QGIS
/// Server) or `WIDTH` and `HEIGHT` (QGIS). Its layers get the conditions of the request.
fn met(
    kvp: &Kvp,
    context: &Context<'_>,
    named: &mut [Vec<MapLayer>],
    options: &Options,
) -> Parsed<Option<Met>> {
    let has_system = kvp.filled("CRS").or_else(|| kvp.filled("SRS")).is_some();
    if kvp.filled("BBOX").is_none() || !has_system {
        if options.hide_empty == Some(true) || options.count == Some(true) {
            let parameter = if kvp.filled("BBOX").is_none() { "BBOX" } else { "CRS" };
            return Err(WmsError::missing(
                parameter,
                "the map's, which hideEmptyRules and countMatched are about",
            ));
        }
        return Ok(None);
    }
    condition::add(kvp, context, named)?;
    for layers in named.iter_mut() {
        dimension::add(kvp, layers)?;
    }
    let mut sized = kvp.clone();
    if let (Some(width), Some(height)) = (kvp.filled("SRCWIDTH"), kvp.filled("SRCHEIGHT")) {
        sized.set("WIDTH", width);
        sized.set("HEIGHT", height);
    }
    let map = super::map_of(&sized, Version::guessed(kvp), context, Vec::new())?;
    Ok(Some(Met {
        map,
        hides_empty: options.hide_empty.unwrap_or(true),
        counts: options.count.unwrap_or(false),
    }))
}

/// Width and height of a symbol; with a box and no other size of the map they are the map's.
fn icon(kvp: &Kvp) -> Parsed<Option<(u32, u32)>> {
    let of_map = kvp.filled("BBOX").is_some() && kvp.filled("SRCWIDTH").is_none();
    let (Some(width), Some(height)) = (kvp.filled("WIDTH"), kvp.filled("HEIGHT")) else { return Ok(None) };
    if of_map {
        return Ok(None);
    }
    let side = |name: &'static str, text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|n| (1..=1000).contains(n))
            .ok_or_else(|| WmsError::invalid(name, text, "a whole number of pixels from 1 to 1000"))
    };
    Ok(Some((side("WIDTH", width)?, side("HEIGHT", height)?)))
}

/// `LEGEND_OPTIONS`: `name:value` between semicolons. Names that aren't known here are passed over, as GeoServer does.
#[derive(Debug)]
struct Options {
    font: Font,
    color: Option<Color>,
    background: Option<Color>,
    dpi: Option<f64>,
    horizontal: bool,
    columns: usize,
    labels: Option<bool>,
    titles: Option<bool>,
    hide_empty: Option<bool>,
    count: Option<bool>,
}

impl Options {
    fn parse(text: &str) -> Parsed<Self> {
        let mut options = Self {
            font: LegendLook::default().font,
            color: None,
            background: None,
            dpi: None,
            horizontal: false,
            columns: 0,
            labels: None,
            titles: None,
            hide_empty: None,
            count: None,
        };
        for option in text.split(';').map(str::trim).filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once(':').ok_or_else(|| {
                WmsError::invalid(
                    "LEGEND_OPTIONS",
                    option,
                    "name:value between semicolons, such as fontSize:14",
                )
            })?;
            options.take(name.trim(), value.trim())?;
        }
        Ok(options)
    }

    fn take(&mut self, name: &str, value: &str) -> Parsed<()> {
        let wrong = |expected: &str| {
            let message = format!(
                "'{}' is not a value of {name} in LEGEND_OPTIONS; expected {expected}",
                excerpt(value)
            );
            WmsError::new(Code::InvalidParameterValue, "LEGEND_OPTIONS", message)
        };
        let number = |least: f64, most: f64| {
            let inside = value.parse::<f64>().ok().filter(|v| (least..=most).contains(v));
            inside.ok_or_else(|| wrong(&format!("a number from {least} to {most}")))
        };
        let color = || {
            let hex = value.trim_start_matches("0x").trim_start_matches("0X").trim_start_matches('#');
            let read = Color::parse(&format!("#{hex}"));
            read.ok_or_else(|| wrong("a colour such as #334455 or 0x334455"))
        };
        let switch = || match value.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" => Ok(true),
            "off" | "false" | "no" => Ok(false),
            _ => Err(wrong("on or off")),
        };
        match name.to_ascii_lowercase().as_str() {
            "fontname" => self.font.families = vec![value.chars().take(100).collect()],
            "fontsize" => self.font.size = number(4.0, 72.0)? as f32,
            "fontstyle" => match value.to_ascii_lowercase().as_str() {
                "normal" | "regular" => {}
                "bold" => self.font.weight = 700.0,
                "italic" => self.font.style = FontStyle::Italic,
                _ => return Err(wrong("normal, bold or italic")),
            },
            "fontcolor" => self.color = Some(color()?),
            "bgcolor" => self.background = Some(color()?),
            "dpi" => self.dpi = Some(number(24.0, 960.0)?),
            "layout" => {
                self.horizontal = match value.to_ascii_lowercase().as_str() {
                    "horizontal" => true,
                    "vertical" => false,
                    _ => return Err(wrong("horizontal or vertical")),
                }
            }
            "columns" => self.columns = number(0.0, 100.0)? as usize,
            "forcelabels" => self.labels = Some(switch()?),
            "forcetitles" => self.titles = Some(switch()?),
            "hideemptyrules" => self.hide_empty = Some(switch()?),
            "countmatched" => self.count = Some(switch()?),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_case_and_unknown_ones_passed_over() {
        let text = "fontSize:14;FONTSTYLE:bold;fontColor:0x336699;bgColor:#fff;dpi:192;layout:Horizontal;columns:3;\
                    forceLabels:off;forceTitles:on;hideEmptyRules:true;countMatched:false;fontAntiAliasing:true;";
        let options = Options::parse(text).expect("read");
        assert_eq!((options.font.size, options.font.weight), (14.0, 700.0));
        assert_eq!(options.color, Some(Color { r: 0x33, g: 0x66, b: 0x99 }));
        assert_eq!((options.background, options.dpi), (Some(Color::WHITE), Some(192.0)));
        assert_eq!((options.horizontal, options.columns), (true, 3));
        assert_eq!((options.labels, options.titles), (Some(false), Some(true)));
        assert_eq!((options.hide_empty, options.count), (Some(true), Some(false)));
    }

    #[test]
    fn what_an_option_cannot_be_is_refused_with_what_it_may() {
        for (text, told) in [
            ("fontSize", "name:value"),
            ("fontSize:0", "from 4 to 72"),
            ("fontSize:NaN", "from 4 to 72"),
            ("fontStyle:big", "italic"),
            ("fontColor:blue", "#334455"),
            ("bgColor:#12345", "#334455"),
            ("dpi:100000", "from 24 to 960"),
            ("layout:diagonal", "horizontal or vertical"),
            ("columns:-1", "from 0 to 100"),
            ("forceLabels:maybe", "on or off"),
        ] {
            let error = Options::parse(text).expect_err(text);
            assert!(error.message.contains(told), "{text}: {}", error.message);
        }
    }
}
