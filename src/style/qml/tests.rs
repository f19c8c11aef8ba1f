//! Styles of QGIS, part by part: what they become, and what is told.

use super::*;
use crate::filter::Filter;
use crate::filter::ast::{CompareOp, Expr, Literal};
use crate::style::{
    Color, Fill, FontStyle, LabelPart, LineCap, MarkShape, Parameter, Placement, Places, Symbol, Symbolizer,
    Unit, sld,
};

fn style(inside: &str) -> Style {
    let text = format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\">{inside}</qgis>"
    );
    let style = parse(&text, Vec::new()).unwrap_or_else(|e| panic!("{e}: {text}"));
    // Whatever is read can be kept as SLD, and is the same again.
    let named = sld::Named { name: "default", title: "", is_default: true, style: &style };
    let written = sld::write("a", named, sld::Version::V110).expect("written");
    let again = sld::parse(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    let symbolizers = |s: &Style| s.rules().map(|r| r.symbolizers.len()).collect::<Vec<_>>();
    assert_eq!(symbolizers(&again), symbolizers(&style), "{written}");
    style
}

/// A layer of a symbol, its properties as `a=b` in the older notation.
fn layer(class: &str, props: &str, inside: &str) -> String {
    let pairs = props.split_whitespace().filter_map(|p| p.split_once('='));
    let props: String = pairs.map(|(k, v)| format!("<prop k=\"{k}\" v=\"{v}\"/>")).collect();
    format!("<layer class=\"{class}\" enabled=\"1\" pass=\"0\">{props}{inside}</layer>")
}

fn single(kind: &str, layers: &str) -> String {
    format!(
        "<renderer-v2 type=\"singleSymbol\" symbollevels=\"0\"><symbols><symbol name=\"0\" type=\"{kind}\" alpha=\"1\">\
         {layers}</symbol></symbols></renderer-v2>"
    )
}

fn symbolizers(kind: &str, layers: &str) -> (Vec<Symbolizer>, Vec<String>) {
    let style = style(&single(kind, layers));
    (style.rules().flat_map(|r| r.symbolizers.clone()).collect(), style.notes)
}

fn error(text: &str) -> StyleError {
    parse(text, Vec::new()).expect_err(text)
}

#[test]
fn a_simple_fill_is_the_same_in_both_notations() {
    let props = "color=255,0,0,128 style=solid outline_color=0,0,0,255 outline_width=0.56 outline_width_unit=MM \
                 joinstyle=miter outline_style=dash";
    let (old, notes) = symbolizers("fill", &layer("SimpleFill", props, ""));
    let options: String = props
        .split_whitespace()
        .filter_map(|p| p.split_once('='))
        .map(|(k, v)| format!("<Option name=\"{k}\" type=\"QString\" value=\"{v}\"/>"))
        .collect();
    let new = format!("<Option type=\"Map\">{options}</Option>");
    assert_eq!(symbolizers("fill", &layer("SimpleFill", "color=1,2,3", &new)).0, old);
    assert_eq!(notes, Vec::<String>::new());
    let [Symbolizer::Polygon(area)] = old.as_slice() else { panic!("{old:?}") };
    assert_eq!(area.fill.map(|f| f.color.hex()), Some("#ff0000".to_owned()));
    let border = area.stroke.as_ref().expect("a border");
    assert_eq!((border.width, border.dashes.clone(), border.cap), (2.0, vec![8.0, 4.0], LineCap::Square));
}

#[test]
fn lengths_become_pixels_or_metres() {
    for (unit, width, drawn) in [
        ("MM", 1.0, (3.5714, Unit::Pixel)),
        ("Pixel", 3.0, (3.0, Unit::Pixel)),
        ("Point", 1.0, (1.2599, Unit::Pixel)),
        ("Inch", 0.1, (9.0714, Unit::Pixel)),
        ("RenderMetersInMapUnits", 12.0, (12.0, Unit::Metre)),
        ("MapUnit", 5.0, (5.0, Unit::Metre)),
    ] {
        let props = format!("line_color=0,0,0 line_width={width} line_width_unit={unit}");
        let (all, _) = symbolizers("line", &layer("SimpleLine", &props, ""));
        let [Symbolizer::Line(line)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((line.stroke.width, line.unit), drawn, "{unit}");
    }
    let (_, notes) =
        symbolizers("line", &layer("SimpleLine", "line_color=0,0,0 line_width=1 line_width_unit=Ell", ""));
    assert!(notes[0].contains("line 2: the unit 'Ell' is not known"), "{notes:?}");
    // A symbol that has its size at a scale grows with the map.
    let text = single("line", &layer("SimpleLine", "line_color=0,0,0 line_width=1 line_width_unit=MM", ""))
        .replace("symbollevels", "referencescale=\"1000\" symbollevels");
    let style = style(&text);
    let Some(Symbolizer::Line(line)) = style.drawn_at(1.0).next() else { panic!("{style:?}") };
    assert_eq!((line.stroke.width, line.unit), (1.0, Unit::Metre));
}

#[test]
fn lines_have_their_dashes_ends_and_offsets() {
    let props = "line_color=0,0,0 line_width=2 line_width_unit=Pixel use_custom_dash=1 customdash=5;2;1 \
                 customdash_unit=Pixel capstyle=flat offset=3 offset_unit=Pixel";
    let (all, _) = symbolizers("line", &layer("SimpleLine", props, ""));
    let [Symbolizer::Line(line)] = all.as_slice() else { panic!("{all:?}") };
    // To the right with QGIS, to the left here.
    assert_eq!((line.offset, line.stroke.cap), (-3.0, LineCap::Butt));
    assert_eq!(line.stroke.dashes, [5.0, 2.0, 1.0, 0.0]);
    let (all, notes) = symbolizers("line", &layer("SimpleLine", "line_color=0,0,0 line_style=no", ""));
    assert!(all.is_empty() && notes.is_empty());
}

#[test]
fn markers_stand_as_in_qgis() {
    let props = "name=diamond size=10 size_unit=Pixel color=1,2,3 outline_style=no offset=4,6 offset_unit=Pixel \
                 horizontal_anchor_point=0 vertical_anchor_point=2";
    let (all, notes) = symbolizers("marker", &layer("SimpleMarker", props, ""));
    let [Symbolizer::Point(point)] = all.as_slice() else { panic!("{all:?}") };
    let graphic = &point.graphic;
    assert_eq!(
        graphic.mark().map(|m| (m.shape.clone(), m.stroke.is_none())),
        Some((MarkShape::Diamond, true))
    );
    assert_eq!((graphic.size, graphic.displacement, graphic.anchor), (10.0, [4.0, -6.0], [0.0, 0.0]));
    assert_eq!(notes, Vec::<String>::new());
    // The shift turns with the mark.
    let (all, _) = symbolizers("marker", &layer("SimpleMarker", &format!("{props} angle=90"), ""));
    let [Symbolizer::Point(point)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(point.graphic.displacement, [-6.0, -4.0]);
    let (all, notes) = symbolizers("marker", &layer("SimpleMarker", "name=decagon color=1,2,3", ""));
    assert_eq!(all.len(), 1);
    assert!(notes[0].contains("the mark 'decagon' is drawn as 'circle'"), "{notes:?}");
    let (all, _) = symbolizers("marker", &layer("FontMarker", "font=Dingbats chr=A size=5 color=1,2,3", ""));
    let [Symbolizer::Point(point)] = all.as_slice() else { panic!("{all:?}") };
    assert!(matches!(point.graphic.mark().map(|m| &m.shape), Some(MarkShape::Letter { letter: 'A', .. })));
}

#[test]
fn pictures_are_drawn_when_the_style_holds_them() {
    use base64::Engine;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect width=\"20\" height=\"10\" \
               fill=\"param(fill) #FFF\" stroke=\"param(outline)\" stroke-width=\"param(outline-width) 1\"/></svg>";
    let body = base64::engine::general_purpose::STANDARD.encode(svg);
    let props =
        format!("name=base64:{body} size=20 size_unit=Pixel color=255,0,0,255 outline_color=0,0,255,255");
    let (all, notes) = symbolizers("marker", &layer("SvgMarker", &props, ""));
    let [Symbolizer::Point(point)] = all.as_slice() else { panic!("{all:?}") };
    // The size is the width.
    assert_eq!(point.graphic.size, 10.0);
    let Symbol::Picture(picture) = &point.graphic.symbol else { panic!("{point:?}") };
    let text = String::from_utf8_lossy(&picture.bytes).into_owned();
    assert!(text.contains("fill=\"#ff0000\"") && text.contains("stroke=\"#0000ff\""), "{text}");
    assert_eq!(notes, Vec::<String>::new());
    let (all, notes) =
        symbolizers("marker", &layer("SvgMarker", "name=symbols/tree.svg size=4 color=1,2,3", ""));
    assert_eq!(all.len(), 1);
    assert!(notes[0].contains("'SvgMarker' is drawn as a circle: the file 'tree.svg'"), "{notes:?}");
}

#[test]
fn areas_have_hatches_patterns_and_markers_inside() {
    let line = "<symbol type=\"line\" alpha=\"1\"><layer class=\"SimpleLine\"><prop k=\"line_color\" v=\"0,0,0\"/>\
                <prop k=\"line_width\" v=\"1\"/><prop k=\"line_width_unit\" v=\"Pixel\"/></layer></symbol>";
    for (angle, shape, size) in [
        (0, MarkShape::Horizontal, 10.0),
        (45, MarkShape::Slash, 14.1421),
        (-90, MarkShape::Vertical, 10.0),
        (135, MarkShape::Backslash, 14.1421),
    ] {
        let props = format!("angle={angle} distance=10 distance_unit=Pixel");
        let (all, notes) = symbolizers("fill", &layer("LinePatternFill", &props, line));
        let [Symbolizer::Polygon(area)] = all.as_slice() else { panic!("{all:?}") };
        let graphic = &area.pattern.as_ref().expect("a pattern").graphic;
        assert_eq!((graphic.mark().map(|m| m.shape.clone()), graphic.size), (Some(shape), size), "{angle}");
        assert_eq!(notes, Vec::<String>::new());
    }
    let (_, notes) = symbolizers("fill", &layer("LinePatternFill", "angle=30 distance=10", line));
    assert!(notes[0].contains("the hatch of 30 degrees is drawn at 45 degrees"), "{notes:?}");
    let marker = "<symbol type=\"marker\" alpha=\"0.5\"><layer class=\"SimpleMarker\"><prop k=\"size\" v=\"4\"/>\
                  <prop k=\"size_unit\" v=\"Pixel\"/><prop k=\"color\" v=\"0,0,0\"/></layer></symbol>";
    let props = "distance_x=20 distance_y=10 distance_x_unit=Pixel distance_y_unit=Pixel";
    let (all, _) = symbolizers("fill", &layer("PointPatternFill", props, marker));
    let [Symbolizer::Polygon(area)] = all.as_slice() else { panic!("{all:?}") };
    let pattern = area.pattern.as_ref().expect("a pattern");
    assert_eq!((pattern.margin, pattern.graphic.opacity), ([3.0, 8.0, 3.0, 8.0], 0.5));
    let (all, _) = symbolizers("fill", &layer("CentroidFill", "point_on_surface=0", marker));
    assert!(matches!(all.as_slice(), [Symbolizer::Point(p)] if p.at == Places::Centroid), "{all:?}");
    let (all, notes) = symbolizers("fill", &layer("GradientFill", "color=1,2,3 gradient_color2=4,5,6", ""));
    assert!(matches!(all.as_slice(), [Symbolizer::Polygon(p)] if p.fill.is_some()), "{all:?}");
    assert!(notes[0].contains("the symbol layer 'GradientFill' is drawn as a plain fill"), "{notes:?}");
    let (all, _) = symbolizers("fill", &layer("SimpleFill", "color=1,2,3 style=cross outline_style=no", ""));
    assert_eq!(all.len(), 2);
}

#[test]
fn markers_run_along_lines_and_stand_at_their_points() {
    let marker = "<symbol type=\"marker\" alpha=\"1\"><layer class=\"SimpleMarker\"><prop k=\"size\" v=\"4\"/>\
                  <prop k=\"size_unit\" v=\"Pixel\"/><prop k=\"color\" v=\"0,0,0\"/></layer></symbol>";
    let (all, _) = symbolizers(
        "line",
        &layer("MarkerLine", "interval=10 interval_unit=Pixel placement=interval", marker),
    );
    let [Symbolizer::Line(line)] = all.as_slice() else { panic!("{all:?}") };
    let along = line.stroke.graphic.as_ref().expect("graphics");
    // The middle of the first stands where the line begins.
    assert_eq!((along.gap, along.initial_gap), (6.0, -2.0));
    let (all, _) = symbolizers("line", &layer("MarkerLine", "placement=lastvertex", marker));
    assert!(matches!(all.as_slice(), [Symbolizer::Point(p)] if p.at == Places::End), "{all:?}");
    let (all, notes) = symbolizers("line", &layer("MarkerLine", "placements=FirstVertex|CurvePoint", marker));
    assert_eq!(all.len(), 2);
    assert!(notes[0].contains("'curvepoint'"), "{notes:?}");
}

fn defined(properties: &str) -> String {
    format!(
        "<data_defined_properties><Option type=\"Map\"><Option name=\"properties\" type=\"Map\">{properties}</Option>\
         </Option></data_defined_properties>"
    )
}

fn property(name: &str, kind: &str, value: &str, more: &str) -> String {
    let key = if kind == "2" { "field" } else { "expression" };
    format!(
        "<Option name=\"{name}\" type=\"Map\"><Option name=\"active\" value=\"true\" type=\"bool\"/><Option name=\"{key}\" \
         value=\"{value}\"/><Option name=\"type\" value=\"{kind}\"/>{more}</Option>"
    )
}

#[test]
fn data_defined_properties_are_computed_or_named() {
    let transformer = "<Option name=\"transformer\" type=\"Map\"><Option name=\"d\" type=\"Map\"><Option name=\"minValue\" \
                       value=\"0\"/><Option name=\"maxValue\" value=\"100\"/><Option name=\"minSize\" value=\"1\"/><Option \
                       name=\"maxSize\" value=\"11\"/><Option name=\"scaleType\" value=\"0\"/></Option><Option name=\"t\" \
                       value=\"1\"/></Option>";
    let properties = [
        property("size", "2", "population", transformer),
        property("fillColor", "3", "if(genre = 'a', '255,0,0', 'blue')", ""),
        property("angle", "3", "regexp_match(a, 'x')", ""),
        property("name", "3", "'star'", ""),
        property("outlineWidth", "2", "width", "").replace("\"true\"", "\"false\""),
    ];
    let held = layer("SimpleMarker", "size=2 size_unit=Pixel color=0,0,0", &defined(&properties.concat()));
    let (all, notes) = symbolizers("marker", &held);
    let [Symbolizer::Point(point)] = all.as_slice() else { panic!("{all:?}") };
    let lookup = |name: &str| match name {
        "population" => crate::style::Cell::Number(50.0),
        _ => crate::style::Cell::Text("b".to_owned()),
    };
    let got: Vec<_> =
        point.computed.iter().map(|c| (c.parameter, c.value.evaluate(&lookup).text())).collect();
    let expected = [(Parameter::Size, Some("6".to_owned())), (Parameter::Fill, Some("#0000ff".to_owned()))];
    assert_eq!(got, expected);
    assert!(
        notes.iter().any(|n| n.contains("'angle' is not computed: it uses the function 'regexp_match'")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|n| n.contains("'name' is not computed")), "{notes:?}");
    assert_eq!(notes.len(), 2);
}

fn classes(kind: &str, attr: &str, inside: &str) -> String {
    let symbols: String = ["0", "1", "2"]
        .map(|name| {
            format!(
                "<symbol name=\"{name}\" type=\"fill\" alpha=\"1\">{}</symbol>",
                layer("SimpleFill", "color=1,2,3", "")
            )
        })
        .concat();
    format!("<renderer-v2 type=\"{kind}\" attr=\"{attr}\"><symbols>{symbols}</symbols>{inside}</renderer-v2>")
}

#[test]
fn categories_take_their_values_and_the_last_one_the_rest() {
    let inside = "<categories><category value=\"a\" type=\"string\" symbol=\"0\" label=\"A\" render=\"true\"/><category \
                  symbol=\"1\" label=\"B\"><val value=\"2\" type=\"int\"/><val value=\"3\" type=\"int\"/></category><category \
                  value=\"c\" symbol=\"1\" label=\"C\" render=\"false\"/><category value=\"\" symbol=\"2\" label=\"\"/>\
                  </categories>";
    let style = style(&classes("categorizedSymbol", "genre", inside));
    let rules: Vec<_> = style.rules().collect();
    assert_eq!(rules.len(), 4);
    let right = Expr::Literal(Literal::Text("a".to_owned()));
    let left = Expr::Property("genre".to_owned());
    assert_eq!(
        rules[0].filter,
        Some(Filter::Compare { op: CompareOp::Equal, left, right, match_case: true })
    );
    assert!(matches!(&rules[1].filter, Some(Filter::In { list, .. }) if list.len() == 2));
    // Switched off, it still takes its features from the rest.
    assert!(rules[2].symbolizers.is_empty() && rules[2].filter.is_some());
    assert!(rules[3].otherwise && rules[3].filter.is_none() && !rules[3].symbolizers.is_empty());
    // Of an expression.
    let style = parse(
        &format!("<qgis>{}</qgis>", classes("categorizedSymbol", "upper(&quot;g&quot;)", inside)),
        Vec::new(),
    );
    let style = style.expect("read");
    assert!(matches!(
        &style.rules().next().expect("a rule").filter,
        Some(Filter::Compare { left: Expr::Function { .. }, .. })
    ));
    // A column that looks like one is told by the layer's columns.
    let text = format!("<qgis>{}</qgis>", classes("categorizedSymbol", "code-insee", inside));
    let known = parse(&text, vec!["code-insee".to_owned()]).expect("read");
    assert!(
        matches!(&known.rules().next().expect("a rule").filter, Some(Filter::Compare { left: Expr::Property(p), .. }) if p == "code-insee")
    );
    let refused = parse(&text.replace("code-insee", "sha256(a)"), Vec::new()).expect_err("unknown");
    assert!(refused.message.contains("'sha256'"), "{refused}");
}

#[test]
fn a_value_in_two_ranges_is_of_the_first() {
    let inside = "<ranges><range lower=\"0\" upper=\"10\" symbol=\"0\" label=\"a\"/><range lower=\"10\" upper=\"20\" \
                  symbol=\"1\" label=\"\"/></ranges>";
    let style = style(&classes("graduatedSymbol", "n", inside));
    let ops = |index: usize| match &style.rules().nth(index).expect("a rule").filter {
        Some(Filter::And(both)) => both
            .iter()
            .map(|f| match f {
                Filter::Compare { op, .. } => *op,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ops(0), [CompareOp::GreaterOrEqual, CompareOp::LessOrEqual]);
    assert_eq!(ops(1), [CompareOp::Greater, CompareOp::LessOrEqual]);
    assert_eq!(style.rules().nth(1).expect("a rule").label(), "10 - 20");
}

#[test]
fn rules_in_rules_add_up_and_scales_are_the_narrower() {
    let inside = "<rules key=\"r\"><rule filter=\"a &gt; 1\" scalemindenom=\"1000\" scalemaxdenom=\"50000\" label=\"G\">\
                  <rule filter=\"b = 2\" symbol=\"0\" scalemaxdenom=\"20000\" label=\"in\"/><rule filter=\"ELSE\" symbol=\"1\"/>\
                  </rule><rule filter=\"x ~ 'y'\" symbol=\"1\" label=\"lost\"/><rule filter=\"c = 3\" symbol=\"2\" \
                  checkstate=\"0\"/><rule filter=\"ELSE\" symbol=\"2\" label=\"rest\"/></rules>";
    let style = style(&classes("RuleRenderer", "", inside));
    let drawn: Vec<_> = style.rules().filter(|r| !r.symbolizers.is_empty()).collect();
    assert_eq!(drawn.len(), 3, "{drawn:#?}");
    assert_eq!((drawn[0].min_scale, drawn[0].max_scale), (Some(1000.0), Some(20000.0)));
    assert!(matches!(&drawn[0].filter, Some(Filter::And(both)) if both.len() == 2));
    // What is left in the group must be told: b is not 2, or nothing.
    assert!(!drawn[1].otherwise && matches!(&drawn[1].filter, Some(Filter::And(_))));
    assert!(drawn[2].otherwise);
    // The rule that is switched off keeps its features, and so does the group at scales where it isn't drawn.
    let kept = style.rules().filter(|r| r.symbolizers.is_empty()).count();
    assert_eq!(kept, 2, "{style:#?}");
    assert!(
        style.notes.iter().any(|n| n.contains("rule 'lost' is left out") && n.contains("'~'")),
        "{:?}",
        style.notes
    );
}

#[test]
fn symbol_levels_are_passes() {
    let layers = layer("SimpleLine", "line_color=0,0,0", "").replace("pass=\"0\"", "pass=\"1\"")
        + &layer("SimpleLine", "line_color=255,0,0", "");
    let text = single("line", &layers).replace("symbollevels=\"0\"", "symbollevels=\"1\"");
    let style = style(&text);
    let colors: Vec<_> = style
        .feature_type_styles
        .iter()
        .map(|pass| match pass.rules[0].symbolizers.as_slice() {
            [Symbolizer::Line(line)] => line.stroke.color,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(colors, [Color { r: 255, g: 0, b: 0 }, Color::BLACK]);
}

fn labelled(style: &str, placement: &str, rendering: &str, more: &str) -> String {
    format!(
        "{}<labeling type=\"simple\"><settings><text-style {style} fontFamily=\"DejaVu Sans\" fontSize=\"10\" \
         fontSizeUnit=\"Pixel\" textColor=\"10,20,30,255\" textOpacity=\"0.5\" fontWeight=\"75\" fontItalic=\"1\">\
         <text-buffer bufferDraw=\"1\" bufferSize=\"2\" bufferSizeUnits=\"Pixel\" bufferColor=\"255,255,255,255\" \
         bufferOpacity=\"1\"/></text-style><placement {placement}/><rendering {rendering}/>{more}</settings></labeling>",
        single("fill", &layer("SimpleFill", "color=1,2,3", ""))
    )
}

fn text_of(style: &Style) -> (Rule, crate::style::TextSymbolizer) {
    let rule = style.rules().last().expect("a rule").clone();
    match rule.symbolizers.first() {
        Some(Symbolizer::Text(text)) => (rule.clone(), text.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn labels_have_their_font_colour_halo_and_scales() {
    let rendering =
        "scaleVisibility=\"1\" scaleMin=\"1000\" scaleMax=\"50000\" displayAll=\"1\" drawLabels=\"1\"";
    let style = style(&labelled(
        "fieldName=\"nom\"",
        "placement=\"1\" quadOffset=\"2\" xOffset=\"3\" yOffset=\"4\" offsetUnits=\"Pixel\" priority=\"7\" rotationAngle=\"30\"",
        rendering,
        "",
    ));
    let (rule, text) = text_of(&style);
    assert_eq!((rule.min_scale, rule.max_scale), (Some(1000.0), Some(50000.0)));
    assert_eq!(text.label, [LabelPart::Property("nom".to_owned())]);
    assert_eq!((text.font.size, text.font.weight, text.font.style), (10.0, 700.0, FontStyle::Italic));
    assert_eq!(text.fill, Fill { color: Color { r: 10, g: 20, b: 30 }, opacity: 0.5 });
    assert_eq!(text.halo.map(|h| h.radius), Some(2.0));
    // Above and to the right of the point; shifts run down with QGIS.
    let expected = Placement::Point { anchor: [0.0, 0.0], displacement: [3.0, -4.0], rotation: 30.0 };
    assert_eq!(text.placement, expected);
    assert!(!text.layout.conflict);
    assert_eq!(
        text.layout.priority.as_ref().and_then(|p| p.evaluate(&|_| crate::style::Cell::Nothing).number()),
        Some(1200.0)
    );
}

#[test]
fn labels_run_along_lines_and_are_made_of_expressions() {
    let name = "isExpression=\"1\" fieldName=\"upper(&quot;nom&quot;) || ' (' || n || ')'\"";
    let style = style(&labelled(
        name,
        "placement=\"3\" placementFlags=\"1\" repeatDistance=\"50\" repeatDistanceUnits=\"Pixel\"",
        "mergeLines=\"1\"",
        "",
    ));
    let (_, text) = text_of(&style);
    assert_eq!(text.placement, Placement::Line { offset: 0.0 });
    assert!(text.layout.follow && text.layout.group);
    assert_eq!(text.layout.repeat.map(|r| r.gap), Some(50.0));
    let lookup = |name: &str| crate::style::Cell::Text(name.to_owned());
    let words: Vec<_> = text
        .label
        .iter()
        .filter_map(|part| match part {
            LabelPart::Computed(value) => value.evaluate(&lookup).text(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words.concat(), "NOM (n)");
    let unknown = parse(
        &format!("<qgis>{}</qgis>", labelled("isExpression=\"1\" fieldName=\"wordwrap(a, 3)\"", "", "", "")),
        Vec::new(),
    )
    .expect("read");
    assert!(
        unknown.notes.iter().any(
            |n| n.contains("labels: the label 'wordwrap(a, 3)' is not drawn") && n.contains("'wordwrap'")
        ),
        "{:?}",
        unknown.notes
    );
    let off = style_of(&labelled("fieldName=\"nom\"", "", "drawLabels=\"0\"", ""));
    assert_eq!(off.rules().count(), 1);
}

fn style_of(inside: &str) -> Style {
    parse(&format!("<qgis>{inside}</qgis>"), Vec::new()).expect("read")
}

#[test]
fn rules_of_labels_are_read_with_their_conditions() {
    let settings = "<settings><text-style fieldName=\"nom\"/></settings>";
    let text = format!(
        "{}<labeling type=\"rule-based\"><rules><rule filter=\"n &gt; 1\" scalemaxdenom=\"1000\" description=\"big\">\
         {settings}</rule><rule filter=\"ELSE\" active=\"0\">{settings}</rule><rule filter=\"t = 'x'\"><rule>{settings}\
         </rule></rule></rules></labeling>",
        "<renderer-v2 type=\"nullSymbol\"/>"
    );
    let style = style(&text);
    let rules: Vec<_> = style.rules().collect();
    assert_eq!(rules.len(), 2, "{rules:#?}");
    assert_eq!((rules[0].max_scale, rules[0].title.as_deref()), (Some(1000.0), Some("big")));
    assert!(matches!(rules[1].filter, Some(Filter::Compare { .. })));
    assert!(style_of("<renderer-v2 type=\"nullSymbol\"/>").rules().all(|r| r.symbolizers.is_empty()));
}

#[test]
fn the_layers_opacity_and_scales_hold_for_all() {
    let text = format!(
        "{}<layerOpacity>0.5</layerOpacity><blendMode>6</blendMode>",
        single("fill", &layer("SimpleFill", "color=1,2,3,255", ""))
    );
    let text =
        format!("<qgis hasScaleBasedVisibilityFlag=\"1\" minScale=\"100000\" maxScale=\"500\">{text}</qgis>");
    let style = parse(&text, Vec::new()).expect("read");
    let rule = style.rules().next().expect("a rule");
    assert_eq!((rule.min_scale, rule.max_scale), (Some(500.0), Some(100000.0)));
    assert!(matches!(&rule.symbolizers[0], Symbolizer::Polygon(p) if p.fill.map(|f| f.opacity) == Some(0.5)));
    assert!(style.notes.iter().any(|n| n.contains("blend mode")), "{:?}", style.notes);
}

#[test]
fn what_is_no_style_of_vectors_is_refused_with_its_place() {
    for (text, place, said) in [
        ("<qgis>\n <pipe/></qgis>", (2, 2), "raster"),
        ("<qgis/>", (1, 1), "no renderer"),
        (
            "<qgis>\n  <renderer-v2 type=\"heatmapRenderer\"/></qgis>",
            (2, 3),
            "'heatmapRenderer' can't be read",
        ),
        ("<qgis>\n<renderer-v2 type=\"singleSymbol\"/></qgis>", (2, 1), "no symbol"),
        ("<qgis>\n<renderer-v2 type=\"categorizedSymbol\"/></qgis>", (2, 1), "no column"),
        ("<other/>", (1, 1), "'other' is not a style of QGIS"),
        ("<!DOCTYPE qgis [<!ENTITY a 'b'>]>\n<qgis>&a;</qgis>", (1, 1), "DTD"),
        ("<qgis>\n<a></qgis>", (2, 4), "not well-formed"),
    ] {
        let error = error(text);
        assert!(error.message.contains(said), "{text}: {error}");
        assert_eq!((error.line, error.column), place, "{text}: {error}");
    }
    let deep = format!(
        "<qgis><renderer-v2 type=\"RuleRenderer\"><rules>{}{}</rules></renderer-v2></qgis>",
        "<rule>".repeat(40),
        "</rule>".repeat(40)
    );
    assert!(error(&deep).message.contains("deep"));
}

#[test]
fn findings_are_named_with_the_class_they_are_of() {
    let inside = "<categories><category value=\"a\" symbol=\"0\" label=\"A\"/></categories>";
    let text = classes("categorizedSymbol", "genre", inside).replacen("SimpleFill", "ShapeburstFill", 1);
    let style = style(&text);
    assert_eq!(
        style.notes,
        ["line 2: category 'A': the symbol layer 'ShapeburstFill' is drawn as a plain fill"]
    );
}

/// What QGIS wrote, with one value after the other made odd: it is read or refused, and what is read can be kept.
#[test]
fn odd_values_are_read_or_refused_and_never_more() {
    const FILES: [&str; 3] = [
        include_str!("../../../tests/it/languages/symbols.qml"),
        include_str!("../../../tests/it/languages/labels.qml"),
        include_str!("../../../tests/it/languages/rules.qml"),
    ];
    for text in FILES {
        let places: Vec<usize> = text.match_indices("=\"").map(|(at, _)| at + 2).collect();
        for (index, at) in places.iter().enumerate() {
            let rest = &text[*at..];
            let end = rest.find('"').expect("a quote");
            let odd = ["", "-7", "1e300", "NaN", "é'\\", "9"][index % 6];
            let changed = format!("{}{odd}{}", &text[..*at], &rest[end..]);
            if let Err(error) = crate::style::read(&changed, None) {
                assert!(
                    !error.message.contains("can't be kept"),
                    "{odd} at {at} in {}: {error}",
                    &rest[..end]
                );
            }
        }
        for cut in (0..text.len()).step_by(211).filter(|at| text.is_char_boundary(*at)) {
            assert!(parse(&text[..cut], Vec::new()).is_err());
        }
    }
}
