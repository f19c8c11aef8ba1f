//! Documents held against what MapLibre's specification says of them.

use super::*;
use crate::filter::ast::{CompareOp, Expr, Filter, LikePart, Literal};
use crate::geo::BBox;
use crate::model::{ColumnType, GeometryType, sample};
use crate::style::{Places, Symbolizer, sld};
use serde_json::json;

fn layer() -> Layer {
    let columns = [
        ("nom", ColumnType::Text),
        ("population", ColumnType::Integer),
        ("littoral", ColumnType::Boolean),
        ("jour", ColumnType::Date),
    ];
    sample::layer("communes", GeometryType::MultiPolygon, 2154, &columns)
}

fn compare(op: CompareOp, name: &str, value: &str) -> Filter {
    Filter::Compare {
        op,
        left: Expr::Property(name.into()),
        right: Expr::Literal(Literal::Text(value.into())),
        match_case: true,
    }
}

fn say(filter: &Filter) -> Result<Value, String> {
    expression::condition(filter, &layer())
}

/// As without sprite and letters.
fn addresses() -> Addresses<'static> {
    Addresses { tilejson: "https://x/tiles/communes.json", ..Addresses::default() }
}

#[test]
fn literals_take_the_type_of_their_property() {
    assert_eq!(
        say(&compare(CompareOp::Greater, "population", " 5000 ")),
        Ok(json!(["all", ["has", "population"], [">", ["get", "population"], 5000.0]]))
    );
    assert_eq!(
        say(&compare(CompareOp::Equal, "littoral", "TRUE")),
        Ok(json!(["all", ["has", "littoral"], ["==", ["get", "littoral"], true]]))
    );
    assert_eq!(
        say(&compare(CompareOp::LessOrEqual, "jour", "2024-02-29")),
        Ok(json!(["all", ["has", "jour"], ["<=", ["get", "jour"], "2024-02-29"]]))
    );
}

#[test]
fn what_does_not_fit_is_said_and_not_guessed() {
    for (filter, word) in [
        (compare(CompareOp::Equal, "population", "beaucoup"), "beaucoup"),
        (compare(CompareOp::Equal, "inconnu", "1"), "inconnu"),
        (compare(CompareOp::Equal, "jour", "hier"), "hier"),
        (Filter::BBox { property: None, bbox: BBox::new(0., 0., 1., 1.), srid: None }, "spatial"),
        (Filter::Not(Box::new(compare(CompareOp::Less, "littoral", "true"))), "order"),
    ] {
        let said = say(&filter).expect_err("not sayable");
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn patterns_become_slices() {
    let like = |pattern: Vec<LikePart>| {
        say(&Filter::Like { expr: Expr::Property("nom".into()), pattern, match_case: false })
    };
    let text = json!(["downcase", ["to-string", ["get", "nom"]]]);
    let guarded = |test: Value| Ok(json!(["all", ["has", "nom"], test]));
    let word = |w: &str| LikePart::Text(w.into());
    assert_eq!(like(vec![word("Été"), LikePart::Any]), guarded(json!(["==", ["slice", text, 0, 3], "été"])));
    assert_eq!(like(vec![LikePart::Any, word("sur")]), guarded(json!(["==", ["slice", text, -3], "sur"])));
    assert_eq!(like(vec![LikePart::Any, word("la"), LikePart::Any]), guarded(json!(["in", "la", text])));
    assert!(like(vec![word("a"), LikePart::One, word("b")]).is_err());
}

const SLD: &str = r##"<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"
    xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer><Name>communes</Name><UserStyle><FeatureTypeStyle>
    <Rule><Name>grandes</Name>
      <MinScaleDenominator>10000</MinScaleDenominator><MaxScaleDenominator>1000000</MaxScaleDenominator>
      <PolygonSymbolizer><Fill><CssParameter name="fill">#ff0000</CssParameter>
        <CssParameter name="fill-opacity">0.5</CssParameter></Fill>
        <Stroke><CssParameter name="stroke">#000080</CssParameter><CssParameter name="stroke-width">2</CssParameter>
        <CssParameter name="stroke-dasharray">4 2</CssParameter></Stroke></PolygonSymbolizer>
    </Rule>
    <Rule><Name>autres</Name><ElseFilter/>
      <PointSymbolizer><Graphic><Mark><WellKnownName>star</WellKnownName></Mark><Size>10</Size></Graphic>
      </PointSymbolizer>
      <TextSymbolizer><Label><ogc:PropertyName>nom</ogc:PropertyName></Label></TextSymbolizer>
    </Rule>
    <Rule><Name>ici</Name>
      <LineSymbolizer/>
    </Rule>
  </FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>"##;

/// The style with conditions on its first and third rule.
fn style() -> Style {
    let mut style = sld::parse(SLD).expect("a style");
    let rules = &mut style.feature_type_styles[0].rules;
    rules[0].filter = Some(compare(CompareOp::Greater, "population", "5000"));
    rules[2].filter = Some(Filter::BBox { property: None, bbox: BBox::new(0., 0., 1., 1.), srid: None });
    style
}

#[test]
fn rules_become_layers_and_what_cannot_is_named() {
    let mut style = style();
    style.feature_type_styles[0].rules.pop();
    let document = write(&style, &layer(), "Titre", addresses());
    assert_eq!(document["version"], 8);
    assert_eq!(
        document["sources"]["communes"],
        json!({"type": "vector", "url": "https://x/tiles/communes.json"})
    );
    let layers = document["layers"].as_array().expect("layers");
    let kinds: Vec<&str> = layers.iter().filter_map(|l| l["type"].as_str()).collect();
    assert_eq!(kinds, ["fill", "line", "circle", "symbol"]);
    let fill = &layers[0];
    // 1:1,000,000 is zoom 8.13, 1:10,000 zoom 14.77.
    assert_eq!((fill["minzoom"].as_f64(), fill["maxzoom"].as_f64()), (Some(8.1269), Some(14.7708)));
    assert_eq!(fill["paint"], json!({"fill-color": "#ff0000", "fill-opacity": 0.5}));
    assert_eq!(layers[1]["paint"]["line-dasharray"], json!([2.0, 1.0]));
    let large = json!(["all", ["has", "population"], [">", ["get", "population"], 5000.0]]);
    assert_eq!(fill["filter"], large);
    assert_eq!(layers[3]["filter"], json!(["all", ["!", large]]));
    assert_eq!(
        layers[2]["filter"],
        json!(["all", ["==", ["geometry-type"], "Point"], ["all", ["!", large]]])
    );
    let ids: std::collections::BTreeSet<&str> = layers.iter().filter_map(|l| l["id"].as_str()).collect();
    assert_eq!(ids.len(), layers.len());
    let notes = document["metadata"]["datasud:approximated"].to_string();
    assert!(notes.contains("star") && notes.contains("autres"), "{notes}");
}

#[test]
fn a_rule_with_a_spatial_condition_is_left_out_by_name_with_what_depends_on_it() {
    let document = write(&style(), &layer(), "Titre", addresses());
    let left_out = document["metadata"]["datasud:left-out"].as_array().expect("named").clone();
    assert_eq!(left_out.len(), 2);
    assert!(left_out.iter().any(|n| n.as_str().is_some_and(|n| n.starts_with("ici: "))), "{left_out:?}");
    let kinds: Vec<&str> =
        document["layers"].as_array().expect("layers").iter().filter_map(|l| l["type"].as_str()).collect();
    assert_eq!(kinds, ["fill", "line"]);
}

#[test]
fn with_a_sprite_marks_are_icons_and_labels_name_fonts() {
    let with = Addresses {
        tilejson: "https://x/tiles/communes.json",
        glyphs: Some("https://x/fonts/{fontstack}/{range}.pbf"),
        sprite: Some("https://x/styles/communes/default/sprite"),
    };
    let mut style = style();
    style.feature_type_styles[0].rules.pop();
    let document = write(&style, &layer(), "Titre", with);
    assert_eq!(document["sprite"], "https://x/styles/communes/default/sprite");
    assert_eq!(document["glyphs"], "https://x/fonts/{fontstack}/{range}.pbf");
    let layers = document["layers"].as_array().expect("layers");
    let kinds: Vec<&str> = layers.iter().filter_map(|l| l["type"].as_str()).collect();
    assert_eq!(kinds, ["fill", "line", "symbol", "symbol"]);
    assert_eq!(layers[2]["layout"]["icon-image"], "icon-0");
    assert_eq!(layers[2]["layout"]["icon-allow-overlap"], true);
    assert_eq!(layers[3]["layout"]["text-font"], json!(["DejaVu Sans"]));
    let icons = icons(&style, &layer());
    assert_eq!(icons.len(), 1);
    assert!(matches!(&icons[0].content, IconContent::Graphic(g) if g.size == 10.0));
    let notes = document["metadata"]["datasud:approximated"].to_string();
    assert!(!notes.contains("star") && !notes.contains("glyphs"), "{notes}");
    // Without icons there is no sprite to be asked for.
    let lines =
        sld::parse("<FeatureTypeStyle><Rule><LineSymbolizer/></Rule></FeatureTypeStyle>").expect("a style");
    assert_eq!(write(&lines, &layer(), "Titre", with).get("sprite"), None);
}

#[test]
fn marks_of_areas_are_fields_whose_colours_and_sizes_come_from_the_data() {
    let text = r##"<FeatureTypeStyle xmlns="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc"><Rule>
      <PointSymbolizer><Graphic><Mark><WellKnownName>circle</WellKnownName>
        <Fill><SvgParameter name="fill"><ogc:PropertyName>nom</ogc:PropertyName></SvgParameter>
          <SvgParameter name="fill-opacity">0.5</SvgParameter></Fill>
        <Stroke><SvgParameter name="stroke">#aa0000</SvgParameter><SvgParameter name="stroke-width">2</SvgParameter></Stroke></Mark>
        <Size><ogc:Div><ogc:PropertyName>population</ogc:PropertyName><ogc:Literal>100</ogc:Literal></ogc:Div></Size>
        </Graphic></PointSymbolizer></Rule></FeatureTypeStyle>"##;
    let with = Addresses { sprite: Some("https://x/sprite"), ..addresses() };
    let document = write(&sld::parse(text).expect("a style"), &layer(), "Titre", with);
    let drawn = &document["layers"][0];
    assert_eq!((&drawn["type"], drawn.get("filter")), (&json!("symbol"), None));
    // The border lies half inside of the shape, a halo outside.
    let side = json!(["/", ["to-number", ["get", "population"]], 100.0]);
    assert_eq!(drawn["layout"]["icon-size"], json!(["/", ["max", ["-", side, 2.0], 0], 12.0]));
    assert_eq!(drawn["paint"]["icon-halo-width"], 2.0);
    assert_eq!(drawn["paint"]["icon-halo-color"], "#aa0000");
    let color = drawn["paint"]["icon-color"].to_string();
    assert!(color.contains(r#"["get","nom"]"#) && color.ends_with(",0.5]]"), "{color}");
    assert_eq!(
        document["metadata"]["datasud:approximated"],
        json!(["rule 1.1: the mark stands in each tile that has a part"])
    );
    // On points it is MapLibre's own circle.
    let points = sample::layer("points", GeometryType::Point, 2154, &[]);
    assert_eq!(write(&sld::parse(text).expect("a style"), &points, "T", with)["layers"][0]["type"], "circle");
}

#[test]
fn a_mark_on_lines_stands_in_their_middle_and_is_not_turned() {
    let text = r##"<FeatureTypeStyle xmlns="http://www.opengis.net/se"><Rule><PointSymbolizer><Graphic><Mark>
      <WellKnownName>circle</WellKnownName></Mark><Size>9</Size></Graphic></PointSymbolizer></Rule></FeatureTypeStyle>"##;
    let style = sld::parse(text).expect("a style");
    let lines = sample::layer("lignes", GeometryType::MultiLineString, 2154, &[]);
    let with = Addresses { sprite: Some("https://x/sprite"), ..addresses() };
    let document = write(&style, &lines, "Titre", with);
    let layout = &document["layers"][0]["layout"];
    assert_eq!(layout["symbol-placement"], "line-center");
    assert_eq!(layout["icon-rotation-alignment"], "viewport");
    assert_eq!(layout.get("icon-size"), None);
    assert!(matches!(&icons(&style, &lines)[0].content, IconContent::Graphic(g) if g.size == 9.0));
    // Where a line begins is what MapLibre takes for its point.
    let mut start = style.clone();
    if let Symbolizer::Point(point) = &mut start.feature_type_styles[0].rules[0].symbolizers[0] {
        point.at = Places::Start;
    }
    let document = write(&start, &lines, "Titre", with);
    assert_eq!(document["layers"][0]["type"], "symbol");
    assert_eq!(document["layers"][0]["layout"].get("symbol-placement"), None);
    assert_eq!(document["metadata"], json!({}));
    // Of what is a point here and a line there, only the points can have one.
    let mixed = sample::layer("divers", GeometryType::Geometry, 2154, &[]);
    let document = write(&style, &mixed, "Titre", with);
    assert_eq!(document["layers"][0]["filter"], json!(["==", ["geometry-type"], "Point"]));
    assert!(document["metadata"].to_string().contains("on points only"), "{document}");
}
