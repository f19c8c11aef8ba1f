//! Definitions of stored queries, and what is refused in them.

use super::*;

const HEAD: &str = r#"<StoredQueryDefinition xmlns="http://www.opengis.net/wfs/2.0" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:p="u:p" id="urn:q">"#;
const QUERY: &str = r#"<Query typeNames="p:${type}"><fes:Filter><fes:PropertyIsLike wildCard="*" singleChar="?" escapeChar="\">
    <fes:ValueReference>p:name</fes:ValueReference><fes:Literal>*${name}*</fes:Literal></fes:PropertyIsLike></fes:Filter></Query>"#;

fn definition(parameters: &str, attributes: &str, query: &str) -> Result<Definition, WfsError> {
    let text = format!(
        "{HEAD}<Title>T</Title>{parameters}<QueryExpressionText returnFeatureTypes='p:a' {attributes}>{query}\
         </QueryExpressionText></StoredQueryDefinition>"
    );
    Definition::read(&text, 50)
}

fn both() -> Definition {
    let parameters = "<Parameter name='type' type='xsd:NCName'/><Parameter name='name' type='xsd:string'/>";
    definition(parameters, "", QUERY).expect("kept")
}

fn asked(parameters: &[(&str, &str)]) -> Invocation {
    let parameters = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Invocation { id: "urn:q".to_owned(), parameters, is_strict: true }
}

#[test]
fn values_stand_where_their_parameters_do_and_are_never_markup() {
    let hostile = "</fes:Literal><fes:Evil a=\"b\"/>${type} & 'x'";
    let (queries, spaces) = both()
        .queries(&asked(&[("TYPE", "communes"), ("name", hostile)]), &Limits::default())
        .expect("filled");
    assert_eq!(queries[0].types, ["p:communes"]);
    assert!(spaces.contains(&("p".to_owned(), "u:p".to_owned())));
    let filter = queries[0].filter.as_deref().expect("a filter");
    let document = Document::parse(filter).expect("well-formed");
    let literal = document.descendants().find(|n| n.tag_name().name() == "Literal").expect("a literal");
    assert_eq!(literal.text(), Some(format!("*{hostile}*").as_str()), "values aren't looked through again");
    assert!(document.descendants().all(|n| n.tag_name().name() != "Evil"));
}

#[test]
fn a_parameter_that_is_missing_foreign_or_of_another_type_is_named() {
    let refused = |definition: &Definition, parameters: &[(&str, &str)]| {
        let error = definition.queries(&asked(parameters), &Limits::default()).expect_err("refused");
        (error.code, error.locator.unwrap_or_default())
    };
    assert_eq!(refused(&both(), &[("type", "a")]), ("MissingParameterValue", "name".to_owned()));
    let foreign = [("type", "a"), ("name", "b"), ("evil", "c")];
    assert_eq!(refused(&both(), &foreign), ("InvalidParameterValue", "evil".to_owned()));
    for (kind, good, bad) in [
        ("integer", "-3", "3.5"),
        ("double", "1e3", "NaN"),
        ("boolean", "true", "yes"),
        ("date", "2021-08-02", "2021-13-02"),
        ("dateTime", "2021-08-02T12:00:00Z", "noon"),
        ("positiveInteger", "1", "0"),
    ] {
        let kept = definition(
            &format!("<Parameter name='n' type='xsd:{kind}'/>"),
            "",
            "<Query typeNames='p:a'><fes:Filter><fes:ResourceId rid='a.${n}'/></fes:Filter></Query>",
        )
        .expect("kept");
        assert!(kept.queries(&asked(&[("n", good)]), &Limits::default()).is_ok(), "{kind}");
        assert_eq!(refused(&kept, &[("n", bad)]), ("InvalidParameterValue", "n".to_owned()), "{kind}");
    }
}

#[test]
fn a_geometry_may_be_a_value_and_only_where_its_type_is_one() {
    let body = "<Query typeNames='p:a'><fes:Filter><fes:Intersects><fes:ValueReference>geom</fes:ValueReference>${g}\
                </fes:Intersects></fes:Filter></Query>";
    let point = "<gml:Point xmlns:gml='http://www.opengis.net/gml/3.2' srsName='EPSG:2154'><gml:pos>1 2</gml:pos></gml:Point>";
    let filter = |kind: &str, value: &str| {
        let kept = definition(&format!("<Parameter name='g' type='{kind}'/>"), "", body).expect("kept");
        kept.queries(&asked(&[("g", value)]), &Limits::default())
            .map(|(q, _)| q[0].filter.clone().unwrap_or_default())
    };
    let points = |text: &str| {
        let document = Document::parse(text).expect("well-formed");
        document.descendants().filter(|n| n.tag_name().name() == "Point").count()
    };
    assert_eq!(points(&filter("gml:GeometryPropertyType", point).expect("filled")), 1);
    assert_eq!(points(&filter("xsd:string", point).expect("filled")), 0);
    assert!(filter("gml:GeometryPropertyType", "<a><b></a>").is_err());
    assert!(filter("gml:GeometryPropertyType", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>").is_err());
}

#[test]
fn a_definition_that_could_never_run_is_refused() {
    let code = |outcome: Result<Definition, WfsError>| {
        let error = outcome.expect_err("refused");
        (error.code, error.locator.unwrap_or_default())
    };
    let plain = "<Query typeNames='p:a'/>";
    let named = |c, l: &str| (c, l.to_owned());
    assert_eq!(
        code(definition("", "language='http://qry.example.org'", plain)),
        named("InvalidParameterValue", "language")
    );
    let twice = "<Parameter name='n' type='xsd:string'/><Parameter name='N' type='xsd:string'/>";
    assert_eq!(code(definition(twice, "", plain)), named("DuplicateStoredQueryParameterName", "N"));
    assert_eq!(code(definition("<Parameter/>", "", plain)), named("MissingParameterValue", "name"));
    assert_eq!(code(definition("", "", QUERY)), named("InvalidParameterValue", "QueryExpressionText"));
    assert_eq!(code(definition("", "", "<Fly/>")), named("OperationParsingFailed", "QueryExpressionText"));
    assert_eq!(code(definition("", "", "")), named("OperationParsingFailed", "QueryExpressionText"));
    let bare = Definition::read(&format!("{HEAD}</StoredQueryDefinition>"), 50);
    assert_eq!(code(bare), named("MissingParameterValue", "QueryExpressionText"));
    let deep = "<a>".repeat(500) + &"</a>".repeat(500);
    assert_eq!(code(definition("", "", &deep)).0, "OperationParsingFailed");
}

#[test]
fn private_text_is_not_described_and_everything_else_is() {
    let open = definition("", "isPrivate='false'", "<Query typeNames='p:a'/>").expect("kept").description();
    assert!(open.contains("Query typeNames=\"p:a\"") && open.contains("StoredQueryDescription"), "{open}");
    let private = definition("", "isPrivate='true'", "<Query typeNames='p:a'/>").expect("kept").description();
    assert!(!private.contains("typeNames") && private.contains("<Title>T</Title>"), "{private}");
}

#[test]
fn a_long_value_in_many_places_is_refused_before_it_fills_the_memory() {
    let query =
        format!("<Query typeNames='p:a'><fes:Filter>{}</fes:Filter></Query>", "<a>${n}</a>".repeat(1000));
    let kept = definition("<Parameter name='n' type='xsd:string'/>", "", &query).expect("kept");
    let limits = Limits { body_bytes: 1_000_000, ..Limits::default() };
    let error = kept.queries(&asked(&[("n", &"x".repeat(10_000))]), &limits).expect_err("too long");
    assert_eq!(error.code, "InvalidParameterValue");
}
