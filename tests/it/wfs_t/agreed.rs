//! Layers whose names in GML an agreed schema prescribes.

use super::*;
use crate::support::region::publisher;
use datasud::model::{GeometryName, GeometryType};
use datasud::publish::{GmlSchema, PublishError};

const SPACE: &str = "http://example.org/schema";

const SITES: &str = r##"{"type":"FeatureCollection","name":"sites","features":[
{"type":"Feature","properties":{"gml:name":"un","code":"A1","nombre":1,"voisin":"#sites.2"},"geometry":{"type":"Point","coordinates":[5.4,43.5]}},
{"type":"Feature","properties":{"gml:name":"deux","code":"B2","nombre":2,"voisin":null},"geometry":{"type":"LineString","coordinates":[[5.4,43.5],[5.5,43.6]]}}]}"##;

fn schema() -> GmlSchema {
    let named = |name: &str, kind| GeometryName { name: name.into(), kind: Some(kind) };
    GmlSchema {
        prefix: Some("ex".to_owned()),
        namespace: Some(SPACE.to_owned()),
        type_name: Some("Équipement.Public".to_owned()),
        geometry: vec![
            named("emprise", GeometryType::MultiPolygon),
            named("lieu", GeometryType::Point),
            named("tracé", GeometryType::LineString),
        ],
        required: vec!["code".to_owned()],
        references: vec!["voisin".to_owned()],
    }
}

fn request(folder: &std::path::Path, gml: GmlSchema) -> Request {
    let file = folder.join("sites.geojson");
    std::fs::write(&file, SITES).expect("a file");
    Request {
        files: vec![file],
        organisation: Some("exemple".to_owned()),
        dataset: Some(Slug::parse("sites").expect("a slug")),
        gml: Some(gml),
        ..Request::default()
    }
}

fn served() -> Region {
    let folder = crate::support::open_folder("agreed");
    served_as(Config { editing: Editing::Open, ..config() }, vec![request(folder.path(), schema())])
}

/// A Transaction with one Insert of one site.
fn insert(region: &Region, inside: &str) -> Answer {
    let body = format!(
        "<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:gml='http://www.opengis.net/gml/3.2' \
         xmlns:xlink='http://www.w3.org/1999/xlink' xmlns:ex='{SPACE}'><wfs:Insert srsName='EPSG:4326'>\
         <ex:Équipement.Public>{inside}</ex:Équipement.Public></wfs:Insert></wfs:Transaction>"
    );
    send(region, body)
}

/// The children of the type's elements in an answer, with what they refer to.
fn properties(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let document = Document::parse(&text).expect("well-formed");
    let of_type = document.descendants().filter(|n| n.has_tag_name((SPACE, "Équipement.Public")));
    of_type
        .map(|n| n.children().filter(|c| c.is_element()).map(|c| c.tag_name().name().to_owned()).collect())
        .collect()
}

#[test]
fn types_and_properties_have_the_names_of_the_agreed_schema_in_every_version() {
    let region = served();
    let expected =
        [["name", "lieu", "code", "nombre", "voisin"], ["name", "tracé", "code", "nombre", "voisin"]];
    for (version, types) in [("1.0.0", "typeName"), ("1.1.0", "typeName"), ("2.0.0", "typeNames")] {
        let base = format!("/wfs?service=WFS&version={version}");
        let capabilities = get(&region.url(&format!("{base}&request=GetCapabilities"))).text();
        assert!(capabilities.contains("ex:Équipement.Public"), "{capabilities}");
        let schema = get(&region.url(&format!("{base}&request=DescribeFeatureType"))).text();
        assert!(schema.contains("name=\"tracé\"") && schema.contains(SPACE), "{schema}");
        assert!(!schema.contains("name=\"geom\""), "{schema}");
        for name in ["ex:Équipement.Public", "Équipement.Public"] {
            let url = format!("{base}&request=GetFeature&{types}={}", encoded(name));
            let mut found = properties(&get(&region.url(&url)));
            // A null is an element in GML 3.2 only.
            if let Some(second) = found.get_mut(1).filter(|second| second.len() == 4) {
                second.push("voisin".to_owned());
            }
            assert_eq!(found, expected, "{version}");
        }
        let slug = get(&region.url(&format!("{base}&request=GetFeature&{types}=sites")));
        assert_eq!(slug.status, 400, "the slug names no type: {}", slug.text());
    }
    let text =
        get(&region.url("/wfs?service=WFS&version=2.0.0&request=GetFeature&resourceId=sites.1")).text();
    assert!(text.contains("xlink:href=\"#sites.2\"/>"), "{text}");
    let named = format!("propertyName={}", encoded("ex:tracé"));
    let url = format!("/wfs?service=WFS&version=2.0.0&request=GetFeature&resourceId=sites.2&{named}");
    assert!(get(&region.url(&url)).text().contains("<ex:tracé>"));
    let url = "/wfs?service=WFS&version=2.0.0&request=GetPropertyValue&valueReference=ex:lieu&typeNames=";
    let values = get(&region.url(&format!("{url}{}", encoded("ex:Équipement.Public")))).text();
    assert!(values.contains("<ex:lieu>"), "{values}");
}

#[test]
fn one_feature_may_have_several_geometries_under_their_names() {
    let region = served();
    let area = "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>5 43 5.1 43 5.1 43.1 5 43</gml:posList>\
                </gml:LinearRing></gml:exterior></gml:Polygon>";
    let answer = insert(
        &region,
        &format!(
            "<ex:lieu><gml:Point><gml:pos>5.05 43.02</gml:pos></gml:Point></ex:lieu><ex:emprise>{area}</ex:emprise>\
             <ex:code>C3</ex:code><ex:voisin xlink:href='http://example.org/x?a=1&amp;b=2'/>"
        ),
    );
    assert_eq!(totals(&answer), [1, 0, 0, 0]);
    let answer = get(&region.url("/wfs?service=WFS&version=2.0.0&request=GetFeature&resourceId=sites.3"));
    let found = properties(&answer);
    assert!(found[0].starts_with(&["emprise".to_owned(), "lieu".to_owned()]), "{found:?}");
    let text = answer.text();
    assert!(
        text.contains("gml:id=\"sites.3.emprise\"") && text.contains("gml:id=\"sites.3.lieu\""),
        "{text}"
    );
    assert!(text.contains("xlink:href=\"http://example.org/x?a=1&amp;b=2\""), "{text}");
}

#[test]
fn what_the_agreed_schema_forbids_is_refused_by_name() {
    let region = served();
    let point = "<gml:Point><gml:pos>5.05 43.02</gml:pos></gml:Point>";
    let line = "<gml:LineString><gml:posList>5 43 5.1 43</gml:posList></gml:LineString>";
    let code = "<ex:code>C3</ex:code>";
    for (inside, named) in [
        (format!("<ex:lieu>{point}</ex:lieu>"), "code"),
        (
            format!(
                "<ex:code xsi:nil='true' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'/><ex:lieu>{point}</ex:lieu>"
            ),
            "code",
        ),
        (format!("<ex:lieu>{line}</ex:lieu>{code}"), "lieu"),
        (format!("<ex:lieu>{point}</ex:lieu><ex:lieu>{point}</ex:lieu>{code}"), "lieu"),
        (format!("<ex:voisin>{point}</ex:voisin>{code}"), "voisin"),
        (format!("<ex:ailleurs>{point}</ex:ailleurs>{code}"), "ailleurs"),
    ] {
        let answer = insert(&region, &inside);
        assert_eq!(answer.status, 400, "{inside}: {}", answer.text());
        let (_, _, words) = exception(&answer);
        assert!(words.contains(named), "'{named}' is not in '{words}'");
    }
    let update = format!(
        "<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:fes='{FES}' xmlns:ex='{SPACE}'>\
         <wfs:Update typeName='ex:Équipement.Public'><wfs:Property><wfs:ValueReference>ex:code</wfs:ValueReference>\
         </wfs:Property>{}</wfs:Update></wfs:Transaction>",
        by_id("sites.1")
    );
    let answer = send(&region, update);
    assert_eq!(answer.status, 400, "{}", answer.text());
    let url = "/wfs?service=WFS&version=2.0.0&request=GetFeature&resultType=hits&typeNames=";
    let hits = get(&region.url(&format!("{url}{}", encoded("ex:Équipement.Public")))).text();
    assert!(hits.contains("numberMatched=\"2\""), "{hits}");
}

#[tokio::test]
async fn a_schema_that_does_not_fit_the_layer_is_refused_when_the_data_come() {
    let database = crate::support::database().await;
    let publisher = publisher(&database);
    let folder = crate::support::open_folder("agreed");
    let name = |name: &str| vec![GeometryName { name: name.to_owned(), kind: None }];
    let spoilt: [(&str, GmlSchema); 9] = [
        ("Été urbain", GmlSchema { type_name: Some("Été urbain".into()), ..schema() }),
        ("a:b", GmlSchema { type_name: Some("a:b".into()), ..schema() }),
        ("gml", GmlSchema { prefix: Some("gml".into()), ..schema() }),
        ("1x", GmlSchema { prefix: Some("1x".into()), ..schema() }),
        ("namespace", GmlSchema { namespace: Some("http://example.org/a b".into()), ..schema() }),
        ("code", GmlSchema { geometry: name("code"), ..schema() }),
        ("absent", GmlSchema { required: vec!["absent".into()], ..schema() }),
        ("nombre", GmlSchema { references: vec!["nombre".into()], ..schema() }),
        ("lieu", GmlSchema { geometry: [name("lieu"), name("lieu")].concat(), ..schema() }),
    ];
    for (named, gml) in spoilt {
        match publisher.publish(request(folder.path(), gml), &|_| ()).await {
            Err(PublishError::Option(words)) => {
                assert!(words.contains(named), "'{named}' is not in '{words}'")
            }
            other => panic!("{named}: {other:?}"),
        }
    }
    for (text, named) in
        [("typ = 'x'", "typ"), ("geometry = [{ name = 'x', type = 'Blob' }]", "Blob"), ("[", "")]
    {
        let words = GmlSchema::parse(text).expect_err("refused");
        assert!(words.contains(named), "{words}");
    }
}
