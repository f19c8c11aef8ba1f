//! Styles of MapLibre, part by part; and what the house writes, read back.

use super::*;
use crate::filter::Filter;
use crate::model::{ColumnType, GeometryType, Layer, sample};
use crate::style::{Cell, LabelPart, MarkShape, Parameter, Placement, Symbolizer, maplibre, sld};
use serde_json::json;

fn style(layers: &Value) -> Style {
    let document = json!({"version": 8, "name": "Essai été", "sources": {}, "layers": layers});
    parse(&document.to_string(), Some("communes")).unwrap_or_else(|e| panic!("{e}: {layers}"))
}

fn one(layer: &Value) -> Style {
    let mut layer = layer.clone();
    layer["id"] = json!("x");
    layer["source-layer"] = json!("communes");
    style(&json!([layer]))
}

fn symbolizer(style: &Style) -> Symbolizer {
    style.rules().next().and_then(|r| r.symbolizers.first()).expect("a symbolizer").clone()
}

/// What a computed parameter yields where `n` is 5, `t` is `b` and nothing else is there.
fn computed(style: &Style, parameter: Parameter) -> Option<String> {
    let lookup = |name: &str| match name {
        "n" => Cell::Number(5.0),
        "t" => Cell::Text("b".to_owned()),
        _ => Cell::Nothing,
    };
    let symbolizer = symbolizer(style);
    symbolizer.computed().iter().find(|c| c.parameter == parameter)?.value.evaluate(&lookup).text()
}

fn filter(json: &Value) -> Filter {
    let style = one(&json!({"type": "fill", "filter": json}));
    style
        .rules()
        .next()
        .and_then(|r| r.filter.clone())
        .unwrap_or_else(|| panic!("no filter: {:?}", style.notes))
}

#[test]
fn fills_lines_and_circles_are_read() {
    let area =
        one(&json!({"type": "fill", "paint": {"fill-color": "rgba(255, 0, 0, 0.5)", "fill-opacity": 0.5,
        "fill-outline-color": "navy"}}));
    let Symbolizer::Polygon(polygon) = symbolizer(&area) else { panic!("{area:?}") };
    let fill = polygon.fill.expect("a fill");
    assert_eq!((fill.color.hex().as_str(), (fill.opacity * 100.0).round()), ("#ff0000", 25.0));
    assert_eq!(polygon.stroke.map(|s| s.color.hex()), Some("#000080".to_owned()));
    let line = one(
        &json!({"type": "line", "layout": {"line-cap": "round"}, "paint": {"line-width": 2, "line-offset": 3,
        "line-dasharray": [2, 1], "line-blur": 2}}),
    );
    assert_eq!(line.notes, ["layer 'x': 'line-blur' is not drawn"]);
    let Symbolizer::Line(line) = symbolizer(&line) else { panic!("{line:?}") };
    assert_eq!((line.offset, line.stroke.dashes.as_slice()), (-3.0, &[4.0, 2.0][..]));
    let circle = one(&json!({"type": "circle", "paint": {"circle-radius": 4, "circle-translate": [1, 2]}}));
    let Symbolizer::Point(point) = symbolizer(&circle) else { panic!("{circle:?}") };
    assert_eq!((point.graphic.size, point.graphic.displacement), (8.0, [1.0, -2.0]));
    assert_eq!(point.graphic.mark().map(|m| m.shape.clone()), Some(MarkShape::Circle));
}

#[test]
fn labels_are_read_with_their_places() {
    let label = one(&json!({"type": "symbol", "layout": {"text-field": "{nom} ({n})", "text-size": 10,
        "text-font": ["Noto Sans Bold Italic"], "text-anchor": "top-left", "text-offset": [1, 0.5], "text-max-width": 8},
        "paint": {"text-color": "#123", "text-halo-color": "white", "text-halo-width": 2}}));
    let Symbolizer::Text(text) = symbolizer(&label) else { panic!("{label:?}") };
    assert_eq!(text.label.len(), 4);
    assert_eq!(text.label[0], LabelPart::Property("nom".to_owned()));
    assert_eq!((text.font.families[0].as_str(), text.font.weight), ("Noto Sans", 700.0));
    let expected = Placement::Point { anchor: [0.0, 1.0], displacement: [10.0, -5.0], rotation: 0.0 };
    assert_eq!(text.placement, expected);
    assert_eq!((text.layout.wrap, text.halo.map(|h| h.radius)), (80.0, Some(2.0)));
    let along =
        one(&json!({"type": "symbol", "layout": {"text-field": ["get", "nom"], "symbol-placement": "line"}}));
    let Symbolizer::Text(text) = symbolizer(&along) else { panic!("{along:?}") };
    assert!(text.layout.follow && text.layout.repeat.is_some());
    assert_eq!(text.placement, Placement::Line { offset: 0.0 });
}

#[test]
fn values_are_computed_in_both_notations() {
    for (width, expected) in [
        (json!(["get", "n"]), "5"),
        (json!(["step", ["get", "n"], 1, 5, 2, 6, 3]), "2"),
        (json!(["interpolate", ["linear"], ["get", "n"], 0, 0, 10, 20]), "10"),
        (json!(["match", ["get", "t"], ["a", "b"], 7, 1]), "7"),
        (json!(["case", ["==", ["get", "t"], "b"], 8, 1]), "8"),
        (json!(["coalesce", ["get", "n"], 1]), "5"),
        (json!(["*", 2, ["to-number", ["get", "n"]]]), "10"),
        (json!(["+", 1, 2, ["get", "n"]]), "8"),
        (json!({"property": "n", "stops": [[0, 0], [10, 30]]}), "15"),
        (json!({"property": "t", "type": "categorical", "stops": [["a", 1], ["b", 2]]}), "2"),
        (json!({"property": "n", "type": "interval", "stops": [[0, 1], [5, 2], [9, 3]]}), "2"),
    ] {
        let style = one(&json!({"type": "line", "paint": {"line-width": width}}));
        assert_eq!(
            computed(&style, Parameter::StrokeWidth).as_deref(),
            Some(expected),
            "{width} {:?}",
            style.notes
        );
    }
    let exponential = one(&json!({"type": "line", "paint": {"line-width":
        ["interpolate", ["exponential", 2], ["get", "n"], 0, 0, 10, 1023]}}));
    let got: f64 =
        computed(&exponential, Parameter::StrokeWidth).expect("a width").parse().expect("a number");
    assert!((got - 31.0).abs() < 1.0, "{got}");
    for (color, expected) in [
        (json!(["match", ["get", "t"], "a", "red", "b", "hsl(120, 100%, 50%)", "blue"]), "#00ff00"),
        (json!(["interpolate", ["linear"], ["get", "n"], 0, "black", 10, "#ffffff"]), "#808080"),
        (json!(["step", ["get", "n"], "red", 3, "lime"]), "#00ff00"),
    ] {
        let style = one(&json!({"type": "fill", "paint": {"fill-color": color}}));
        assert_eq!(computed(&style, Parameter::Fill).as_deref(), Some(expected), "{color} {:?}", style.notes);
    }
}

#[test]
fn filters_are_read_in_both_notations() {
    for (old, new) in [
        (json!(["==", "a", 1]), json!(["==", ["get", "a"], 1])),
        (json!(["!=", "a", "x"]), json!(["!=", ["get", "a"], "x"])),
        (json!(["in", "a", 1, 2]), json!(["in", ["get", "a"], ["literal", [1, 2]]])),
        (json!(["in", "a", 1, 2]), json!(["match", ["get", "a"], [1, 2], true, false])),
        (json!(["!in", "a", 1, 2]), json!(["!", ["in", ["get", "a"], ["literal", [1, 2]]]])),
        (json!(["none", [">", "a", 1]]), json!(["all", ["!", [">", ["get", "a"], 1]], true])),
        (json!(["!has", "a"]), json!(["!", ["has", "a"]])),
    ] {
        let (old, new) = (filter(&old), filter(&new));
        let unwrapped = |f: Filter| match f {
            Filter::And(all) => {
                Filter::And(all.into_iter().filter(|f| *f != Filter::Constant(true)).collect())
            }
            other => other,
        };
        assert_eq!(unwrapped(old), unwrapped(new));
    }
    // What isn't there is different, and is no less than anything either.
    assert!(matches!(filter(&json!(["!=", "a", 1])), Filter::Or(any) if matches!(any[1], Filter::IsNull(_))));
    assert!(matches!(filter(&json!(["!", ["<", ["get", "a"], 1]])), Filter::Or(any) if any.len() == 2));
    assert!(matches!(filter(&json!(["in", "x", ["get", "t"]])), Filter::Like { .. }));
    assert!(matches!(
        filter(&json!(["==", ["slice", ["to-string", ["get", "t"]], 0, 2], "Le"])),
        Filter::Like { .. }
    ));
    // A test of the type that the layer draws anyway is none.
    let plain = one(
        &json!({"type": "fill", "filter": ["all", ["==", ["geometry-type"], "Polygon"], ["==", "a", 1]]}),
    );
    assert!(matches!(plain.rules().next().and_then(|r| r.filter.clone()), Some(Filter::Compare { .. })));
    let unknown = style(&json!([
        {"id": "x", "type": "fill", "filter": ["within", {}]}, {"id": "y", "type": "fill"}
    ]));
    assert!(
        unknown.notes[0]
            .contains("layer 'x': the layer is left out: its filter uses the expression 'within'"),
        "{:?}",
        unknown.notes
    );
}

#[test]
fn zooms_become_scales_and_curves_become_bands() {
    let style = one(&json!({"type": "line", "minzoom": 8, "maxzoom": 14, "paint": {
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 12, 5],
        "line-color": ["step", ["zoom"], "red", 13, "blue"]}}));
    let at = |zoom: f64| {
        let mut drawn = style.drawn_at(DENOMINATOR_AT_ZOOM_0 / zoom.exp2());
        let symbolizer = drawn.next().cloned();
        assert!(drawn.next().is_none(), "two at {zoom}");
        symbolizer.map(|s| match s {
            Symbolizer::Line(line) => (line.stroke.width, line.stroke.color.hex()),
            other => panic!("{other:?}"),
        })
    };
    let red = |width| Some((width, "#ff0000".to_owned()));
    assert_eq!(at(7.9), None);
    assert_eq!([at(8.0), at(10.0), at(11.0), at(12.0)], [red(1.0), red(1.0), red(3.0), red(5.0)]);
    assert_eq!(at(13.0), Some((5.0, "#0000ff".to_owned())));
    assert_eq!(at(14.0), None);
    // The notation of early versions.
    let old = one(&json!({"type": "line", "paint": {"line-width": {"base": 2, "stops": [[5, 1], [7, 7]]}}}));
    let widths: Vec<f32> = [4.0, 6.0, 9.0]
        .iter()
        .filter_map(|zoom: &f64| match old.drawn_at(DENOMINATOR_AT_ZOOM_0 / zoom.exp2()).next() {
            Some(Symbolizer::Line(line)) => Some(line.stroke.width),
            _ => None,
        })
        .collect();
    assert_eq!(widths, [1.0, 3.0, 7.0]);
}

#[test]
fn layers_of_other_sources_and_types_are_named() {
    let style = style(&json!([
        {"id": "a", "type": "fill", "source-layer": "communes"},
        {"id": "b", "type": "line", "source-layer": "routes"},
        {"id": "c", "type": "background"},
        {"id": "d", "type": "raster"},
        {"id": "e", "type": "fill", "source-layer": "communes", "layout": {"visibility": "none"}},
        {"id": "f", "type": "symbol", "source-layer": "communes", "layout": {"icon-image": "tree"}},
    ]));
    assert_eq!(style.rules().count(), 1);
    assert_eq!(
        style.notes,
        [
            "1 layers of the source layer 'routes' are left out",
            "layer 'c': a layer of type 'background' is left out",
            "layer 'd': a layer of type 'raster' is left out",
            "layer 'f': 'icon-image' is not drawn",
        ]
    );
    assert_eq!((style.layer.as_deref(), style.name.as_deref()), (Some("communes"), Some("essai-ete")));
}

#[test]
fn what_is_no_style_is_refused() {
    for (text, target, said) in [
        ("{\n \"version\": 8,\n", None, "line 3"),
        ("{}", None, "'version' must be 8"),
        ("{\"version\": 8}", None, "'layers'"),
        ("{\"version\": 8, \"layers\": []}", None, "no layer that can be drawn"),
        (
            "{\"version\": 8, \"layers\": [{\"type\": \"fill\", \"source-layer\": \"a\"}, {\"type\": \"fill\", \"source-layer\": \"b\"}]}",
            Some("c"),
            "none of which is 'c': a, b",
        ),
    ] {
        let error = parse(text, target).expect_err(text);
        assert!(error.to_string().contains(said), "{error}");
    }
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let text = format!("{{\"version\": 8, \"layers\": [{{\"type\": \"fill\", \"filter\": {deep}}}]}}");
    assert!(parse(&text, None).expect_err("deep").message.contains("deep"));
}

fn layer() -> Layer {
    let columns = [("nom", ColumnType::Text), ("population", ColumnType::Integer)];
    sample::layer("communes", GeometryType::MultiPolygon, 2154, &columns)
}

fn addresses(sprite: bool) -> maplibre::Addresses<'static> {
    maplibre::Addresses {
        tilejson: "http://localhost/tiles.json",
        glyphs: sprite.then_some("http://localhost/fonts/{fontstack}/{range}.pbf"),
        sprite: sprite.then_some("http://localhost/sprite"),
    }
}

#[test]
fn what_is_written_is_read_back() {
    comes_back(include_str!("round.sld"), false);
}

#[test]
fn marks_patterns_and_lines_of_graphics_are_read_back_as_they_were() {
    let text = r##"<FeatureTypeStyle xmlns="http://www.opengis.net/se"><Rule><Title>A</Title>
      <PolygonSymbolizer><Fill><GraphicFill><Graphic><Mark><WellKnownName>shape://slash</WellKnownName>
        <Stroke><SvgParameter name="stroke">#cc0000</SvgParameter></Stroke></Mark><Size>10</Size></Graphic>
        </GraphicFill></Fill><Stroke/></PolygonSymbolizer></Rule>
      <Rule><Title>B</Title><LineSymbolizer><Stroke><GraphicStroke><Graphic><Mark>
        <WellKnownName>triangle</WellKnownName></Mark><Size>8</Size></Graphic><Gap>4</Gap></GraphicStroke></Stroke>
        </LineSymbolizer></Rule>
      <Rule><Title>C</Title><PointSymbolizer><Graphic><Mark><WellKnownName>star</WellKnownName></Mark>
        <Size>14</Size><Rotation>30</Rotation></Graphic></PointSymbolizer></Rule></FeatureTypeStyle>"##;
    let (was, is) = comes_back(text, true);
    assert_eq!(was, is);
}

/// Writes a style and reads it back: the symbolizers that were and are.
fn comes_back(text: &str, sprite: bool) -> (Vec<Vec<Symbolizer>>, Vec<Vec<Symbolizer>>) {
    let first = sld::parse(text).expect("a style");
    let document = maplibre::write(&first, &layer(), "Essai", addresses(sprite));
    let read = parse(&document.to_string(), Some("communes")).expect("read back");
    let shape = |style: &Style| {
        style
            .rules()
            .map(|r| {
                (
                    r.title.clone(),
                    r.min_scale.map(f64::round),
                    r.max_scale.map(f64::round),
                    r.symbolizers.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let (was, is) = (shape(&first), shape(&read));
    assert_eq!(was.len(), is.len(), "{document:#}");
    for (was, is) in was.iter().zip(&is) {
        assert_eq!((&was.0, was.1, was.2), (&is.0, is.1, is.2));
        assert_eq!(was.3.len(), is.3.len(), "{is:#?}");
    }
    // And what is read is written the same again.
    let again = maplibre::write(&read, &layer(), "Essai", addresses(sprite));
    let paint = |document: &Value| {
        let layers = document.get("layers").and_then(Value::as_array).cloned().unwrap_or_default();
        layers
            .iter()
            .map(|l| json!([l["type"], l["paint"], l["layout"], l["minzoom"], l["maxzoom"]]))
            .collect::<Vec<_>>()
    };
    assert_eq!(paint(&document), paint(&again));
    assert_eq!(read.notes, Vec::<String>::new());
    let symbolizers = |style: &Style| style.rules().map(|r| r.symbolizers.clone()).collect();
    (symbolizers(&first), symbolizers(&read))
}

/// Every part of a document in turn becomes something odd.
fn odd(value: &Value, change: &Value, left: &mut usize) -> Value {
    if *left == 0 {
        *left = usize::MAX;
        return change.clone();
    }
    *left -= 1;
    match value {
        Value::Array(all) => all.iter().map(|inner| odd(inner, change, left)).collect(),
        Value::Object(all) => {
            all.iter().map(|(name, inner)| (name.clone(), odd(inner, change, left))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn odd_parts_are_read_or_refused_and_never_more() {
    let document = json!({"version": 8, "name": "é", "layers": [
        {"id": "a", "type": "fill", "minzoom": 3, "filter": ["all", ["==", "a", 1], ["in", "b", "x", "y"]],
            "paint": {"fill-color": ["match", ["get", "t"], "a", "red", "blue"], "fill-opacity": 0.5}},
        {"id": "b", "type": "line", "layout": {"line-cap": "round"}, "paint": {"line-dasharray": [2, 1], "line-offset": 2,
            "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 5, 1, 9, ["get", "n"]]}},
        {"id": "c", "type": "circle", "paint": {"circle-radius": {"property": "n", "stops": [[0, 1], [9, 5]]},
            "circle-stroke-width": ["step", ["get", "n"], 1, 5, 2]}},
        {"id": "d", "type": "symbol", "layout": {"text-field": ["concat", ["get", "nom"], " ", ["to-string", ["get", "n"]]],
            "text-font": ["A Bold"], "text-size": 12, "text-offset": [0, 1], "symbol-placement": "line"},
            "paint": {"text-halo-width": 1, "text-halo-color": "#fff"}},
    ]});
    let mut unkept = Vec::new();
    for change in
        [json!(null), json!(-7), json!(1e300), json!(""), json!([]), json!({}), json!(["get"]), json!(true)]
    {
        for place in 0.. {
            let mut left = place;
            let changed = odd(&document, &change, &mut left);
            // Parts that are left over were never reached.
            if left < 1_000_000 {
                assert!(place > 80, "{place}");
                break;
            }
            if let Err(error) = crate::style::read(&changed.to_string(), None)
                && error.message.contains("can't be kept")
            {
                unkept.push(format!("{change} at {place}: {error}"));
            }
        }
    }
    assert_eq!(unkept, Vec::<String>::new());
}
