//! The suite of WFS 2.0 (ets-wfs20): preconditions, Simple WFS, Basic WFS with its filters, temporal and
//! spatial filters, and paging. Names in the messages are the suite's tests.

use super::valley::{TYPES, ask, attribute, exception, ids, is_nil, read, root, send, texts, with};
use crate::schemas;
use crate::support::{Answer, get};

const WFS: &str = "http://www.opengis.net/wfs/2.0";
const FES: &str = "http://www.opengis.net/fes/2.0";
const XSD: &str = "http://schemas.opengis.net/wfs/2.0/wfs.xsd";
const OWS: &str = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";
const SERVICE: [(&str, &str); 2] = [("service", "WFS"), ("version", "2.0.0")];
const BY_ID: &str = "urn:ogc:def:query:OGC-WFS::GetFeatureById";

fn operation(name: &'static str) -> Vec<(&'static str, &'static str)> {
    with(&SERVICE, &[("request", name)])
}

/// An exception report of OWS Common 1.1.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, locator: &str, test: &str) {
    assert_eq!(answer.status, status, "{test}: {}", answer.text());
    schemas::validate(&answer.body, OWS);
    assert_eq!(exception(answer), (code.to_owned(), locator.to_ascii_lowercase()), "{test}");
}

#[track_caller]
fn collected(answer: &Answer, test: &str) {
    assert_eq!(answer.status, 200, "{test}: {}", answer.text());
    assert_eq!(root(answer), ("FeatureCollection".to_owned(), WFS.to_owned()), "{test}");
}

/// A request as XML.
fn body(operation: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<wfs:{operation} xmlns:wfs='{WFS}' xmlns:fes='{FES}' xmlns:gml='http://www.opengis.net/gml/3.2' \
         service='WFS' version='2.0.0' {attributes}>{inside}</wfs:{operation}>"
    )
}

/// A query of one type with a filter, by both bindings.
fn filtered(name: &str, filter: &str) -> [Answer; 2] {
    let query = format!("<wfs:Query typeNames='{name}'><fes:Filter>{filter}</fes:Filter></wfs:Query>");
    let alone = format!(
        "<fes:Filter xmlns:fes='{FES}' xmlns:gml='http://www.opengis.net/gml/3.2'>{filter}</fes:Filter>"
    );
    let pairs = [("request", "GetFeature"), ("typeNames", name), ("filter", &alone)];
    [ask(&with(&SERVICE, &pairs)), send(&body("GetFeature", "", &query))]
}

/// The features that a filter selects, the same by both bindings.
#[track_caller]
fn selected(name: &str, filter: &str, test: &str) -> Answer {
    let [by_get, by_post] = filtered(name, filter);
    collected(&by_get, test);
    assert_eq!(ids(&by_get), ids(&by_post), "{test}: both bindings");
    by_get
}

fn compared(operator: &str, property: &str, literal: &str) -> String {
    let literal = quick_xml::escape::escape(literal);
    format!(
        "<fes:{operator}><fes:ValueReference>{property}</fes:ValueReference><fes:Literal>{literal}</fes:Literal></fes:{operator}>"
    )
}

#[test]
fn wfs20_preconditions_the_capabilities_are_valid_and_name_types_with_features() {
    let answer = ask(&operation("GetCapabilities"));
    schemas::validate(&answer.body, XSD);
    assert_eq!(root(&answer), ("WFS_Capabilities".to_owned(), WFS.to_owned()));
    for name in TYPES {
        assert!(texts(&answer, "Name").contains(&name.to_owned()), "{name}");
    }
}

#[test]
fn wfs20_simple_capabilities_claim_the_classes_and_answer_versions_and_missing_parameters() {
    let answer = ask(&operation("GetCapabilities"));
    read(&answer, |document| {
        for (class, value) in [
            ("ImplementsSimpleWFS", "TRUE"),
            ("ImplementsBasicWFS", "TRUE"),
            ("ImplementsMinTemporalFilter", "TRUE"),
            ("ImplementsSpatialFilter", "TRUE"),
            ("ImplementsResultPaging", "TRUE"),
            ("KVPEncoding", "TRUE"),
            ("XMLEncoding", "TRUE"),
            ("ImplementsTransactionalWFS", "FALSE"),
            ("ImplementsLockingWFS", "FALSE"),
        ] {
            let found = document.descendants().find(|n| n.attribute("name") == Some(class)).expect(class);
            let said = found.descendants().find(|n| n.tag_name().name() == "DefaultValue");
            assert_eq!(
                said.and_then(|n| n.text()),
                Some(value),
                "capabilitiesDocCorrespondsToWfsSimple: {class}"
            );
        }
    });
    let full = ask(&[("service", "WFS"), ("request", "GetCapabilities")]);
    assert_eq!(attribute(&full, "version").as_deref(), Some("2.0.0"), "getFullCapabilities");
    let accepted = "<ows:AcceptVersions xmlns:ows='http://www.opengis.net/ows/1.1'><ows:Version>1.1.0</ows:Version>\
                    <ows:Version>2.0.0</ows:Version></ows:AcceptVersions>";
    let old = send(&format!(
        "<wfs:GetCapabilities xmlns:wfs='{WFS}' service='WFS'>{accepted}</wfs:GetCapabilities>"
    ));
    assert_eq!(
        attribute(&old, "version").as_deref(),
        Some("1.1.0"),
        "getCapabilities_acceptVersions: the first known"
    );
    let missing = ask(&[("request", "GetCapabilities"), ("version", "2.0.0")]);
    refused(&missing, 400, "MissingParameterValue", "service", "getCapabilities_missingServiceParam");
    let never = ask(&[("service", "WFS"), ("request", "GetCapabilities"), ("acceptVersions", "9999.0.0")]);
    refused(&never, 400, "VersionNegotiationFailed", "version", "an unknown version");
}

#[test]
fn wfs20_simple_types_are_described_all_together_and_unknown_ones_refused() {
    let by_post = send(&body("DescribeFeatureType", "", ""));
    let by_get = ask(&operation("DescribeFeatureType"));
    assert_eq!(by_get.text(), by_post.text(), "describeAllFeatureTypes");
    assert_eq!(root(&by_get).0, "schema");
    for name in TYPES {
        let local = name.split(':').next_back().expect("a name");
        assert!(
            by_get.text().contains(&format!("<xsd:element name=\"{local}\"")),
            "describeAllFeatureTypes: {name}"
        );
    }
    let unknown = ask(&with(&operation("DescribeFeatureType"), &[("typeNames", "tns:Unknown1.Type")]));
    refused(&unknown, 400, "InvalidParameterValue", "typeNames", "describeUnknownFeatureType");
}

#[test]
fn wfs20_simple_stored_queries_are_listed_described_and_run() {
    for (name, by_get, by_post) in [
        (
            "ListStoredQueriesResponse",
            ask(&operation("ListStoredQueries")),
            send(&body("ListStoredQueries", "", "")),
        ),
        (
            "DescribeStoredQueriesResponse",
            ask(&operation("DescribeStoredQueries")),
            send(&body("DescribeStoredQueries", "", "")),
        ),
    ] {
        schemas::validate(&by_get.body, XSD);
        assert_eq!((root(&by_get).0.as_str(), by_get.text()), (name, by_post.text()));
        assert!(by_get.text().contains(&format!("id=\"{BY_ID}\"")), "{name}");
    }
    let run = |id: &str, feature: &str| {
        send(&body(
            "GetFeature",
            "",
            &format!(
                "<wfs:StoredQuery id='{id}'><wfs:Parameter name='id'>{feature}</wfs:Parameter></wfs:StoredQuery>"
            ),
        ))
    };
    let one = run(BY_ID, "evenements.1");
    assert_eq!(root(&one).0, "evenements", "invokeGetFeatureById");
    refused(
        &run("http://example.org/unknown", "x"),
        400,
        "InvalidParameterValue",
        "storedQuery_Id",
        "unknownStoredQuery",
    );
    let unknown = run(BY_ID, "test-0d9c");
    assert_eq!(unknown.status, 404, "invokeGetFeatureByIdWithUnknownID");
}

#[test]
fn wfs20_basic_features_come_by_type_and_in_other_systems() {
    for name in TYPES {
        let by_get = ask(&with(&operation("GetFeature"), &[("typeNames", name), ("count", "5")]));
        let by_post = send(&body("GetFeature", "count='5'", &format!("<wfs:Query typeNames='{name}'/>")));
        collected(&by_get, "getFeaturesByType");
        assert_eq!(ids(&by_get).len(), 5, "getFeaturesByType");
        assert_eq!(ids(&by_get), ids(&by_post), "getFeaturesByType");
    }
    let other = "urn:ogc:def:crs:EPSG::3857";
    let answer =
        ask(&with(&operation("GetFeature"), &[("typeNames", TYPES[0]), ("count", "1"), ("srsName", other)]));
    assert!(answer.text().contains(&format!("srsName=\"{other}\"")), "getFeatureInOtherCRS");
    let wrong = [("typeNames", TYPES[0]), ("srsName", "urn:ogc:def:crs:EPSG::32690")];
    let answer = ask(&with(&operation("GetFeature"), &wrong));
    refused(&answer, 400, "InvalidParameterValue", "srsName", "getFeatureInUnsupportedCRS");
}

#[test]
fn wfs20_basic_values_are_read_and_an_empty_reference_refused() {
    let of = |reference| {
        with(&operation("GetPropertyValue"), &[("typeNames", TYPES[0]), ("valueReference", reference)])
    };
    let answer = ask(&of("@gml:id"));
    assert_eq!(root(&answer).0, "ValueCollection", "getProperty_gmlId");
    assert!(texts(&answer, "member").contains(&"evenements.1".to_owned()), "getProperty_gmlId");
    refused(&ask(&of("")), 400, "InvalidParameterValue", "valueReference", "getProperty_emptyValueRef");
}

#[test]
fn wfs20_basic_comparisons_select_by_number_and_text() {
    let name = TYPES[0];
    let fees = |answer: &Answer| -> Vec<f64> {
        texts(answer, "tarif").iter().map(|t| t.parse().expect("a number")).collect()
    };
    let mut known = fees(&ask(&with(&operation("GetFeature"), &[("typeNames", name)])));
    known.sort_by(f64::total_cmp);
    let middle = known[known.len() / 2];
    let kept = |operator: &str| {
        let answer = selected(name, &compared(operator, "tarif", &middle.to_string()), operator);
        let found = fees(&answer);
        assert!(!found.is_empty(), "{operator}");
        (
            found.len(),
            found.iter().all(|t| match operator {
                "PropertyIsLessThan" => *t < middle,
                "PropertyIsGreaterThan" => *t > middle,
                "PropertyIsLessThanOrEqualTo" => *t <= middle,
                _ => *t >= middle,
            }),
        )
    };
    let [less, more, at_most, at_least] = [
        "PropertyIsLessThan",
        "PropertyIsGreaterThan",
        "PropertyIsLessThanOrEqualTo",
        "PropertyIsGreaterThanOrEqualTo",
    ]
    .map(kept);
    assert!(less.1 && more.1 && at_most.1 && at_least.1);
    assert_eq!((less.0 + at_least.0, more.0 + at_most.0), (known.len(), known.len()));
    let title = texts(&ask(&with(&operation("GetFeature"), &[("typeNames", name), ("count", "1")])), "titre")
        .remove(0);
    let equal =
        selected(name, &compared("PropertyIsEqualTo", "titre", &title), "propertyIsEqualTo_caseSensitive");
    assert!(texts(&equal, "titre").iter().all(|t| *t == title) && !ids(&equal).is_empty());
    let other_case = compared("PropertyIsEqualTo", "titre", &title.to_uppercase());
    assert!(ids(&selected(name, &other_case, "propertyIsEqualTo_caseSensitive")).is_empty());
    let unequal = selected(
        name,
        &compared("PropertyIsNotEqualTo", "titre", &title),
        "propertyIsNotEqualTo_caseSensitive",
    );
    assert!(!texts(&unequal, "titre").contains(&title));
    let like = format!(
        "<fes:PropertyIsLike wildCard='*' singleChar='?' escapeChar='\\'><fes:ValueReference>titre</fes:ValueReference>\
         <fes:Literal>*{}*</fes:Literal></fes:PropertyIsLike>",
        quick_xml::escape::escape(title.split(' ').next().expect("a word"))
    );
    let found = ids(&selected(name, &like, "propertyIsLike"));
    let rest = ids(&selected(name, &format!("<fes:Not>{like}</fes:Not>"), "propertyIsNotLike"));
    assert!(!found.is_empty() && found.iter().all(|id| !rest.contains(id)));
}

#[test]
fn wfs20_basic_comparisons_that_have_no_meaning_are_refused() {
    for answer in filtered(TYPES[0], &compared("PropertyIsGreaterThan", "undefined.property", "355")) {
        refused(&answer, 400, "InvalidParameterValue", "undefined.property", "invalidPropertyReference");
    }
    for answer in filtered(TYPES[0], &compared("PropertyIsLessThanOrEqualTo", "gml:boundedBy", "355")) {
        assert_eq!(answer.status, 400, "invalidOperand_boundedBy");
        assert_eq!(exception(&answer).0, "OperationProcessingFailed", "invalidOperand_boundedBy");
    }
}

#[test]
fn wfs20_basic_null_and_nil_are_tested_on_any_property() {
    let whole = ids(&ask(&with(&operation("GetFeature"), &[("typeNames", TYPES[0])]))).len();
    for operator in ["PropertyIsNull", "PropertyIsNil"] {
        let of = |property: &str| {
            format!("<fes:{operator}><fes:ValueReference>{property}</fes:ValueReference></fes:{operator}>")
        };
        let unnamed = selected(TYPES[0], &of("gml:name"), "gmlNameIsNull");
        assert_eq!(ids(&unnamed).len(), whole, "gmlNameIsNull: no feature has one");
        let without = selected(TYPES[0], &of("tarif"), operator);
        assert!(texts(&without, "tarif").is_empty(), "{operator}");
        let nils = read(&without, |document| {
            document.descendants().filter(|n| n.tag_name().name() == "tarif" && is_nil(n)).count()
        });
        assert_eq!(nils, ids(&without).len(), "propertyIsNil: each says that it is");
        assert!(nils > 0, "propertyIsNil: some are");
        let having = selected(TYPES[0], &format!("<fes:Not>{}</fes:Not>", of("tarif")), "propertyIsNotNull");
        assert_eq!(ids(&having).len() + ids(&without).len(), whole, "propertyIsNotNull");
    }
}

#[test]
fn wfs20_basic_identifiers_select_unknown_ones_find_nothing_and_those_of_other_types_are_refused() {
    let of = |ids: &[&str]| ids.iter().map(|id| format!("<fes:ResourceId rid='{id}'/>")).collect::<String>();
    let two = selected(TYPES[0], &of(&["evenements.1", "evenements.3"]), "twoValidFeatureIdentifiers");
    assert_eq!(ids(&two), ["evenements.1", "evenements.3"]);
    let none = selected(TYPES[0], &of(&["test-73cb1b0a"]), "unknownFeatureIdentifier");
    assert!(ids(&none).is_empty());
    for answer in filtered(TYPES[0], &of(&["communes.1"])) {
        refused(&answer, 400, "InvalidParameterValue", "RESOURCEID", "inconsistentFeatureIdentifierAndType");
    }
}

#[test]
fn wfs20_temporal_instants_and_periods_select_by_time() {
    let name = TYPES[0];
    let times = |answer: &Answer| texts(answer, "debut");
    let mut known = times(&ask(&with(&operation("GetFeature"), &[("typeNames", name)])));
    known.sort();
    let (low, high) = (known[known.len() / 3].clone(), known[2 * known.len() / 3].clone());
    let instant =
        format!("<gml:TimeInstant gml:id='t'><gml:timePosition>{low}</gml:timePosition></gml:TimeInstant>");
    let period = format!(
        "<gml:TimePeriod gml:id='t'><gml:beginPosition>{low}</gml:beginPosition><gml:endPosition>{high}</gml:endPosition></gml:TimePeriod>"
    );
    let of = |operator: &str, literal: &str| {
        let filter = format!(
            "<fes:{operator}><fes:ValueReference>debut</fes:ValueReference>{literal}</fes:{operator}>"
        );
        let found = times(&selected(name, &filter, operator));
        assert!(!found.is_empty(), "{operator}");
        found
    };
    assert!(of("After", &instant).iter().all(|t| *t > low), "afterInstant");
    assert!(of("After", &period).iter().all(|t| *t > high), "afterPeriod");
    assert!(of("Before", &period).iter().all(|t| *t < low), "beforePeriod");
    assert!(of("During", &period).iter().all(|t| *t > low && *t < high), "duringPeriod");
}

#[test]
fn wfs20_spatial_boxes_areas_and_lines_select_and_wrong_operands_are_refused() {
    let envelope = "<gml:Envelope srsName='urn:ogc:def:crs:EPSG::4326'><gml:lowerCorner>43.3 5.3</gml:lowerCorner>\
                    <gml:upperCorner>43.6 5.8</gml:upperCorner></gml:Envelope>";
    let area = "<gml:Polygon gml:id='p' srsName='urn:ogc:def:crs:EPSG::4326'><gml:exterior><gml:LinearRing><gml:posList>\
                43.3 5.3 43.3 5.8 43.6 5.8 43.6 5.3 43.3 5.3</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>";
    let line = "<gml:LineString gml:id='l' srsName='urn:ogc:def:crs:EPSG::4326'><gml:posList>43.3 5.3 43.6 5.8\
                </gml:posList></gml:LineString>";
    for name in TYPES {
        let anywhere = ids(&selected(name, &format!("<fes:BBOX>{envelope}</fes:BBOX>"), "nonSpecificBBOX"));
        let boxed = format!("<fes:BBOX><fes:ValueReference>geom</fes:ValueReference>{envelope}</fes:BBOX>");
        assert_eq!(ids(&selected(name, &boxed, "bboxWithDefaultExtent")), anywhere, "{name}");
        assert!(!anywhere.is_empty(), "{name}");
        let of = |literal: &str| {
            format!("<fes:Intersects><fes:ValueReference>geom</fes:ValueReference>{literal}</fes:Intersects>")
        };
        let inside = ids(&selected(name, &of(area), "intersectsPolygon"));
        assert!(
            !inside.is_empty() && inside.iter().all(|id| anywhere.contains(id)),
            "intersectsPolygon: {name}"
        );
        let along = ids(&selected(name, &of(line), "intersectsCurve"));
        assert!(along.iter().all(|id| inside.contains(id)), "intersectsCurve: {name}");
        let wrong = format!(
            "<fes:BBOX><fes:ValueReference>gml:description</fes:ValueReference>{envelope}</fes:BBOX>"
        );
        for answer in filtered(name, &wrong) {
            assert_eq!(answer.status, 400, "invalidGeometryOperand: {}", answer.text());
            assert_eq!(exception(&answer).0, "OperationProcessingFailed", "invalidGeometryOperand");
        }
    }
    assert!(
        !ids(&selected(
            TYPES[2],
            &format!("<fes:Intersects><fes:ValueReference>geom</fes:ValueReference>{line}</fes:Intersects>"),
            "intersectsCurve"
        ))
        .is_empty()
    );
}

#[test]
fn wfs20_paging_hits_lead_to_the_first_page_and_pages_to_each_other() {
    let name = ("typeNames", TYPES[0]);
    let hits = ask(&with(&operation("GetFeature"), &[name, ("count", "1"), ("resultType", "hits")]));
    collected(&hits, "getFeatureWithHitsOnly");
    assert!(ids(&hits).is_empty() && attribute(&hits, "numberReturned").as_deref() == Some("0"));
    assert!(attribute(&hits, "previous").is_none(), "getFeatureWithHitsOnly");
    let first = get(&attribute(&hits, "next").expect("getFeatureWithHitsOnly: next"));
    assert_eq!(ids(&first).len(), 1, "getFeatureWithHitsOnly: the first page");
    let page = ask(&with(&operation("GetFeature"), &[name, ("count", "10")]));
    assert!(attribute(&page, "previous").is_none(), "traverseResultSetInBothDirections: the first");
    assert_eq!(ids(&page).first(), ids(&first).first());
    let second = get(&attribute(&page, "next").expect("next"));
    assert!(ids(&second).iter().all(|id| !ids(&page).contains(id)) && !ids(&second).is_empty());
    let back = get(&attribute(&second, "previous").expect("previous"));
    assert_eq!(ids(&back), ids(&page), "traverseResultSetInBothDirections");
}
