//! Reads QGIS's own styles (`.qml`, QGIS 3): renderer, symbols and labels, into the house's model.
//!
//! QGIS can draw more than SLD says. What has no counterpart is drawn as something simpler or left out, and named in
//! [`Style::notes`] with its line; only what would leave nothing to see is refused. Lengths on paper become pixels of
//! 0.28 mm, as in QGIS's own export.

mod color;
mod defined;
mod expression;
mod fills;
mod labels;
mod length;
mod lines;
mod markers;
mod raster;
mod reader;
mod renderer;
mod rules;
mod symbol;
#[cfg(test)]
mod tests;

use super::{FeatureTypeStyle, Rule, Style, StyleError, Symbolizer};
use reader::{Reader, child, flag, number, quoted};
use roxmltree::{Document, Node, ParsingOptions};

/// Elements and texts in one document: far beyond any style made by hand or by a program.
const NODES: u32 = 500_000;

/// Reads a style. `columns` are the names of the layer's columns where they are known: they tell a column from an
/// expression.
///
/// # Errors
/// [`StyleError`] with line and column: XML that is not well-formed, a DTD of one's own, another document, a renderer of
/// which nothing can be drawn.
pub fn parse(text: &str, columns: Vec<String>) -> Result<Style, StyleError> {
    let text = without_doctype(text.trim_start_matches('\u{feff}'));
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|e| {
        let place = e.pos();
        let message = match e {
            roxmltree::Error::DtdDetected => {
                "the document has a DTD of its own (<!DOCTYPE …>), which isn't read; remove it".to_owned()
            }
            other => format!("the document is not well-formed XML: {other}"),
        };
        StyleError { line: place.row, column: place.col, message }
    })?;
    let mut reader = Reader::new(&document, columns);
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != "qgis" {
        let message = format!("'{}' is not a style of QGIS; expected 'qgis'", quoted(name));
        return Err(reader.error(root, message));
    }
    let mut style = layer(&mut reader, root)?;
    style.notes = reader.into_notes();
    Ok(style)
}

/// Blanks the document type that QGIS writes, which names a file and defines nothing; lines and columns stay.
fn without_doctype(text: &str) -> String {
    let Some(begin) = text.find("<!DOCTYPE qgis").filter(|at| *at < 1_000) else { return text.to_owned() };
    let after = text.get(begin..).unwrap_or_default();
    match after.find('>') {
        Some(end) if !after.get(..end).unwrap_or_default().contains('[') => {
            let blank =
                after.get(..=end).unwrap_or_default().chars().map(|c| if c == '\n' { c } else { ' ' });
            let mut out = text.get(..begin).unwrap_or_default().to_owned();
            out.extend(blank);
            out.push_str(after.get(end + 1..).unwrap_or_default());
            out
        }
        _ => text.to_owned(),
    }
}

fn layer<'a, 'i>(reader: &mut Reader<'a, 'i>, root: Node<'a, 'i>) -> Result<Style, StyleError> {
    let text_of = |name: &str| child(root, name).and_then(|node| node.text()).map(str::trim);
    let share =
        text_of("layerOpacity").and_then(|t| t.parse::<f32>().ok()).filter(|o| (0.0..=1.0).contains(o));
    reader.opacity = share.unwrap_or(1.0);
    for (name, plain) in [("blendMode", "0"), ("featureBlendMode", "0")] {
        if let Some(node) = child(root, name).filter(|node| node.text().is_some_and(|t| t.trim() != plain)) {
            reader.note(node, "colours are laid over each other plainly: the blend mode is not used");
        }
    }
    let Some(found) = child(root, "renderer-v2") else {
        let Some(pipe) = child(root, "pipe") else {
            let message = "the style has no renderer ('renderer-v2'); save it in QGIS with its symbology";
            return Err(reader.error(root, message));
        };
        let symbolizers = vec![Symbolizer::Raster(raster::renderer(reader, pipe)?)];
        let mut passes = vec![FeatureTypeStyle { rules: vec![Rule { symbolizers, ..Rule::default() }] }];
        if flag(root, "hasScaleBasedVisibilityFlag", false) {
            limit(root, &mut passes);
        }
        return Ok(Style { feature_type_styles: passes, ..Style::default() });
    };
    let mut passes = renderer::renderer(reader, found, 0)?;
    reader.reference = None;
    let labels = labels::labels(reader, root)?;
    if !labels.is_empty() {
        passes.push(FeatureTypeStyle { rules: labels });
    }
    if flag(root, "hasScaleBasedVisibilityFlag", false) {
        limit(root, &mut passes);
    }
    if passes.iter().all(|pass| pass.rules.is_empty()) {
        // 'No symbols' is a style as well.
        passes = vec![FeatureTypeStyle { rules: vec![Rule::default()] }];
    }
    Ok(Style { feature_type_styles: passes, ..Style::default() })
}

/// The scales at which the whole layer is drawn. Since QGIS 3 `maxScale` is the smaller denominator; before,
/// `minimumScale` was.
fn limit(root: Node<'_, '_>, passes: &mut [FeatureTypeStyle]) {
    let read = |names: [&str; 2]| names.into_iter().find_map(|n| number(root, n)).filter(|s| *s > 0.0);
    let own = (read(["maxScale", "minimumScale"]), read(["minScale", "maximumScale"]));
    for rule in passes.iter_mut().flat_map(|pass| &mut pass.rules) {
        (rule.min_scale, rule.max_scale) = rules::within((rule.min_scale, rule.max_scale), own);
    }
}
