//! What of SLD and SE is read, and how the rest is refused.

use super::*;
use crate::filter::Filter;
use crate::style::*;

fn wrapped(symbolizer: &str) -> String {
    format!(
        "<StyledLayerDescriptor xmlns=\"http://www.opengis.net/sld\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" version=\"1.0.0\"><NamedLayer><Name>x</Name><UserStyle>\
         <FeatureTypeStyle><Rule>{symbolizer}</Rule></FeatureTypeStyle></UserStyle></NamedLayer>\
         </StyledLayerDescriptor>"
    )
}

fn only(text: &str) -> Symbolizer {
    parse(&wrapped(text)).expect("valid").rules().next().expect("a rule").symbolizers[0].clone()
}

#[test]
fn sld_and_se_spell_the_same_polygon() {
    let sld = only(
        "<PolygonSymbolizer><Fill><CssParameter name=\"fill\"><ogc:Literal>#aabbcc</ogc:Literal>\
         </CssParameter><CssParameter name=\"fill-opacity\">0.5</CssParameter></Fill><Stroke>\
         <CssParameter name=\"stroke-width\"> 2 </CssParameter><CssParameter name=\"stroke-dasharray\">\
         6 4 2</CssParameter></Stroke></PolygonSymbolizer>",
    );
    let se = parse(
        "<se:FeatureTypeStyle xmlns:se=\"http://www.opengis.net/se\"><se:Rule><se:PolygonSymbolizer>\
         <se:Fill><se:SvgParameter name=\"fill\">#AABBCC</se:SvgParameter><se:SvgParameter \
         name=\"fill-opacity\">0.5</se:SvgParameter></se:Fill><se:Stroke><se:SvgParameter \
         name=\"stroke-width\">2</se:SvgParameter><se:SvgParameter name=\"stroke-dasharray\">6,4,2\
         </se:SvgParameter></se:Stroke></se:PolygonSymbolizer></se:Rule></se:FeatureTypeStyle>",
    )
    .expect("valid");
    let se = se.rules().next().expect("a rule").symbolizers[0].clone();
    assert_eq!(sld, se);
    let Symbolizer::Polygon(polygon) = sld else { panic!("a polygon") };
    assert_eq!(polygon.fill, Some(Fill { color: Color { r: 0xaa, g: 0xbb, b: 0xcc }, opacity: 0.5 }));
    let stroke = polygon.stroke.expect("a stroke");
    // An odd pattern is repeated, as in SVG.
    assert_eq!((stroke.width, stroke.dashes), (2.0, vec![6.0, 4.0, 2.0, 6.0, 4.0, 2.0]));
}

#[test]
fn a_mark_has_size_shape_and_turn() {
    let Symbolizer::Point(point) = only(
        "<PointSymbolizer><Graphic><Mark><WellKnownName>Star</WellKnownName><Fill/></Mark><Size>12</Size>\
         <Rotation>45</Rotation></Graphic></PointSymbolizer>",
    ) else {
        panic!("a point")
    };
    let graphic = point.graphic;
    assert_eq!((graphic.size, graphic.rotation), (12.0, 45.0));
    let mark = Mark { shape: MarkShape::Star, fill: Some(Fill::default()), stroke: None };
    assert_eq!(graphic.symbol, Symbol::Mark(mark));
}

#[test]
fn a_label_mixes_text_and_properties_and_drops_the_documents_layout() {
    let Symbolizer::Text(text) = only(
        "<TextSymbolizer><Label>\n   <ogc:PropertyName>app:nom</ogc:PropertyName> (<ogc:PropertyName>pop\
         </ogc:PropertyName> hab.)\n </Label><Font><CssParameter name=\"font-family\">DejaVu Sans</CssParameter>\
         <CssParameter name=\"font-weight\">bold</CssParameter></Font><LabelPlacement><PointPlacement>\
         <AnchorPoint><AnchorPointX>0.5</AnchorPointX><AnchorPointY>0</AnchorPointY></AnchorPoint>\
         </PointPlacement></LabelPlacement><Halo><Radius>2</Radius><Fill><CssParameter \
         name=\"fill-opacity\">0.8</CssParameter></Fill></Halo></TextSymbolizer>",
    ) else {
        panic!("a text")
    };
    assert_eq!(
        text.label,
        [
            LabelPart::Property("nom".into()),
            LabelPart::Text(" (".into()),
            LabelPart::Property("pop".into()),
            LabelPart::Text(" hab.)".into()),
        ]
    );
    assert_eq!((text.font.weight, text.font.families), (700.0, vec!["DejaVu Sans".to_owned()]));
    assert_eq!(text.halo, Some(Halo { radius: 2.0, fill: Fill { color: Color::WHITE, opacity: 0.8 } }));
    assert_eq!(
        text.placement,
        Placement::Point { anchor: [0.5, 0.0], displacement: [0.0, 0.0], rotation: 0.0 }
    );
}

#[test]
fn rules_have_titles_scales_and_an_else() {
    let style = parse(
        "<UserStyle><Title>T</Title><FeatureTypeStyle><Rule><Name>a</Name><Title>Grand</Title>\
         <MinScaleDenominator>1000</MinScaleDenominator><MaxScaleDenominator>5e4</MaxScaleDenominator>\
         <LineSymbolizer/></Rule><Rule><ElseFilter/><LineSymbolizer/></Rule></FeatureTypeStyle></UserStyle>",
    )
    .expect("valid");
    let rules: Vec<&Rule> = style.rules().collect();
    assert_eq!(style.title.as_deref(), Some("T"));
    assert_eq!((rules[0].label(), rules[0].min_scale, rules[0].max_scale), ("Grand", Some(1e3), Some(5e4)));
    assert!(!rules[0].otherwise && rules[1].otherwise);
}

#[test]
fn a_rule_has_an_ogc_filter_and_its_faults_are_placed() {
    use crate::filter::ast::{CompareOp, Filter};
    let rule = |inner: &str| wrapped(&format!("<ogc:Filter>{inner}</ogc:Filter><LineSymbolizer/>"));
    let text = rule(
        "<ogc:PropertyIsEqualTo><ogc:PropertyName>nature</ogc:PropertyName><ogc:Literal>A</ogc:Literal>\
         </ogc:PropertyIsEqualTo>",
    );
    let style = parse(&text).expect("valid");
    let filter = style.rules().next().and_then(|r| r.filter.clone()).expect("a filter");
    assert!(matches!(filter, Filter::Compare { op: CompareOp::Equal, .. }), "{filter:?}");
    let error = parse(&rule("<ogc:PropertyIsOdd/>")).expect_err("no such operator");
    assert!(error.message.contains("PropertyIsOdd") && error.column > 100, "{error}");
}

#[test]
fn errors_name_the_element_the_place_and_what_was_expected() {
    let text = "<UserStyle>\n <FeatureTypeStyle>\n  <Rule>\n   <SolidSymbolizer/>\n  </Rule>\n \
                </FeatureTypeStyle>\n</UserStyle>";
    let error = parse(text).expect_err("no such symbolizer");
    assert_eq!((error.line, error.column), (4, 4));
    assert!(error.message.contains("SolidSymbolizer") && error.message.contains("PolygonSymbolizer"));
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let cases = [
        ("<PolygonSymbolizer><Fill><GraphicFill/></Fill></PolygonSymbolizer>", "GraphicFill"),
        ("<PolygonSymbolizer uom=\"http://www.opengeospatial.org/se/units/furlong\"/>", "furlong"),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke\">red</CssParameter></Stroke></LineSymbolizer>",
            "#rrggbb",
        ),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke-width\">-1</CssParameter></Stroke></LineSymbolizer>",
            "stroke-width",
        ),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke-width\">NaN</CssParameter></Stroke></LineSymbolizer>",
            "stroke-width",
        ),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke-dasharray\">0 0</CssParameter></Stroke></LineSymbolizer>",
            "dash",
        ),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"color\">#000000</CssParameter></Stroke></LineSymbolizer>",
            "color",
        ),
        (
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke-linecap\"><ogc:PropertyName>w</ogc:PropertyName></CssParameter></Stroke></LineSymbolizer>",
            "PropertyName",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset>1001</PerpendicularOffset></LineSymbolizer>",
            "PerpendicularOffset",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><ogc:Add/></PerpendicularOffset></LineSymbolizer>",
            "two operands",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><Categorize><LookupValue>1</LookupValue><Threshold>1</Threshold></Categorize></PerpendicularOffset></LineSymbolizer>",
            "no Value",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><Interpolate mode=\"step\"/></PerpendicularOffset></LineSymbolizer>",
            "cosine",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><ogc:Function name=\"env\"/></PerpendicularOffset></LineSymbolizer>",
            "'env'",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><ogc:Function name=\"abs\"/></PerpendicularOffset></LineSymbolizer>",
            "'abs'",
        ),
        (
            "<LineSymbolizer><PerpendicularOffset><ogc:Div><ogc:Literal>1</ogc:Literal><ogc:Literal>0</ogc:Literal></ogc:Div></PerpendicularOffset></LineSymbolizer>",
            "yields nothing",
        ),
        ("<PointSymbolizer><Graphic><ExternalGraphic/></Graphic></PointSymbolizer>", "ExternalGraphic"),
        (
            "<PointSymbolizer><Graphic><Mark><WellKnownName>trapezoid</WellKnownName></Mark></Graphic></PointSymbolizer>",
            "diamond",
        ),
        (
            "<PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href=\"http://a.example/b.svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"/></ExternalGraphic></Graphic></PointSymbolizer>",
            "nothing is fetched",
        ),
        (
            "<PointSymbolizer><Graphic><Mark><Stroke><GraphicStroke/></Stroke></Mark></Graphic></PointSymbolizer>",
            "around a Mark",
        ),
        (
            "<PointSymbolizer><Geometry><ogc:Function name=\"buffer\"/></Geometry><Graphic/></PointSymbolizer>",
            "startPoint",
        ),
        (
            "<PolygonSymbolizer><Fill><GraphicFill><Graphic><Size><ogc:PropertyName>a</ogc:PropertyName></Size></Graphic></GraphicFill></Fill></PolygonSymbolizer>",
            "can't be computed",
        ),
        (
            "<PolygonSymbolizer><VendorOption name=\"graphic-margin\">1 2 3 4 5</VendorOption></PolygonSymbolizer>",
            "margin",
        ),
        ("<TextSymbolizer><Label/></TextSymbolizer>", "Label"),
        ("<Filter/><ElseFilter/>", "Filter"),
    ];
    for (symbolizer, named) in cases {
        let error = parse(&wrapped(symbolizer)).expect_err(symbolizer);
        assert!(error.message.contains(named), "{symbolizer}: {error}");
        assert!(error.line >= 1 && error.column > 1, "{error:?}");
    }
}

#[test]
fn documents_that_are_no_styles_are_refused() {
    for bad in ["", "x", "<a>", "<a/>", "<UserStyle/>", "<StyledLayerDescriptor/>", "<FeatureTypeStyle/>"] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    let dtd = "<!DOCTYPE x [<!ENTITY a \"b\">]><UserStyle>&a;</UserStyle>";
    assert!(parse(dtd).expect_err("a DTD").message.contains("DTD"));
    let deep = "<UserStyle>".repeat(100_000);
    assert!(parse(&deep).is_err());
}

#[test]
fn vendor_options_are_passed_over_with_a_note() {
    let style =
        parse(&wrapped("<LineSymbolizer><VendorOption name=\"group\">yes</VendorOption></LineSymbolizer>"))
            .expect("valid");
    assert_eq!(style.notes, ["line 1: VendorOption 'group' is not used"]);
}

#[test]
fn all_layers_of_a_document_are_read_with_their_styles_and_conditions() {
    let rule = "<FeatureTypeStyle><Rule><LineSymbolizer/></Rule></FeatureTypeStyle>";
    let filter = |name: &str| {
        format!(
            "<FeatureTypeConstraint><ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>{name}</ogc:PropertyName>\
             </ogc:PropertyIsNull></ogc:Filter></FeatureTypeConstraint>"
        )
    };
    let document = |constraints: &str| {
        format!(
            "<GetMap><StyledLayerDescriptor xmlns:ogc=\"http://www.opengis.net/ogc\"><Name>n</Name><NamedLayer><Name> a \
             </Name><LayerFeatureConstraints>{constraints}</LayerFeatureConstraints><NamedStyle><Name>b</Name>\
             </NamedStyle><UserStyle><Name>c</Name><IsDefault>true</IsDefault>{rule}</UserStyle><UserStyle>{rule}\
             </UserStyle></NamedLayer><NamedLayer><Name>d</Name></NamedLayer></StyledLayerDescriptor></GetMap>"
        )
    };
    let layers = parse_layers(&document("")).expect("read");
    let [first, second] = layers.as_slice() else { panic!("{layers:?}") };
    assert_eq!((first.name.as_str(), second.name.as_str()), ("a", "d"));
    assert!(second.styles.is_empty());
    assert_eq!(first.styles[0], LayerStyle::Named("b".to_owned()));
    let LayerStyle::User { style, is_default: true } = &first.styles[1] else { panic!("{layers:?}") };
    assert_eq!((style.name.as_deref(), style.rules().count()), (Some("c"), 1));
    assert!(matches!(&first.styles[2], LayerStyle::User { is_default: false, .. }));
    let constraint = |text: &str| parse_layers(&document(text)).expect("read")[0].constraint.clone();
    let null = |name: &str| Filter::IsNull(crate::filter::ast::Expr::Property(name.to_owned()));
    assert_eq!(constraint(""), None);
    assert_eq!(constraint(&filter("x")), Some(null("x")));
    let three = ["x", "y", "z"].map(filter).concat();
    assert_eq!(constraint(&three), Some(Filter::Or(vec![null("x"), null("y"), null("z")])));
    // One without a condition lets everything through.
    assert_eq!(constraint(&format!("{}<FeatureTypeConstraint/>", filter("x"))), None);
}

#[test]
fn what_comes_from_properties_is_computed_and_the_rest_is_fixed_when_read() {
    let width = |value: &str| {
        let Symbolizer::Line(line) = only(&format!(
            "<LineSymbolizer><Stroke><CssParameter name=\"stroke-width\">{value}</CssParameter></Stroke></LineSymbolizer>"
        )) else {
            panic!("no line")
        };
        (line.stroke.width, line.computed)
    };
    let add = |of: &str| format!("<ogc:Add>{of}<ogc:Literal>2</ogc:Literal></ogc:Add>");
    assert_eq!(width(&add("<ogc:Literal>1.5</ogc:Literal>")), (3.5, Vec::new()));
    let (default, computed) = width(&add("<ogc:PropertyName>app:w</ogc:PropertyName>"));
    assert_eq!((default, computed.len()), (1.0, 1));
    assert_eq!(computed[0].parameter, Parameter::StrokeWidth);
    let value =
        computed[0].value.evaluate(&|name| if name == "w" { Cell::Number(4.0) } else { Cell::Nothing });
    assert_eq!(value, Cell::Number(6.0));
}

#[test]
fn functions_stand_in_each_other_up_to_a_limit_and_no_deeper() {
    let deep = |levels: usize| {
        let value = format!(
            "{}<ogc:PropertyName>w</ogc:PropertyName>{}",
            "<ogc:Function name=\"abs\">".repeat(levels),
            "</ogc:Function>".repeat(levels)
        );
        parse(&wrapped(&format!(
            "<LineSymbolizer><PerpendicularOffset>{value}</PerpendicularOffset></LineSymbolizer>"
        )))
    };
    assert!(deep(20).is_ok());
    for levels in [31, 10_000] {
        assert!(deep(levels).expect_err("too deep").message.contains("deep"));
    }
}

#[test]
fn trim_takes_both_ends_unless_one_is_named() {
    let trimmed = |attribute: &str| {
        let Symbolizer::Text(text) = only(&format!(
            "<TextSymbolizer><Label><Trim stripOffChar=\"0\"{attribute}><StringValue>\
             <ogc:PropertyName>code</ogc:PropertyName></StringValue></Trim></Label></TextSymbolizer>"
        )) else {
            panic!("no label")
        };
        let LabelPart::Computed(value) = &text.label[0] else { panic!("{text:?}") };
        value.evaluate(&|_| Cell::Text("0050".to_owned())).text().expect("a text")
    };
    assert_eq!(trimmed(""), "5");
    assert_eq!(trimmed(" stripOffPosition=\"leading\""), "50");
    assert_eq!(trimmed(" stripOffPosition=\"trailing\""), "005");
}
