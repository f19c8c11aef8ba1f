//! What each action does, in WFS 2.0.

use super::*;

#[test]
fn an_insert_gives_identifiers_and_every_value_comes_back() {
    let region = editable();
    let answer = transaction(
        &region,
        "",
        "<wfs:Insert handle='neu'><v:signalements gml:id='x1'>\
         <gml:boundedBy><gml:Envelope srsName='EPSG:4326'><gml:lowerCorner>0 0</gml:lowerCorner>\
         <gml:upperCorner>1 1</gml:upperCorner></gml:Envelope></gml:boundedBy>\
         <v:titre>Fuite d'eau &lt;rue&gt; &amp; cave</v:titre><v:gravite>4</v:gravite><v:cout>1234.50</v:cout>\
         <v:taille>2.5E1</v:taille><v:urgent>1</v:urgent><v:jour>2026-05-06Z</v:jour>\
         <v:vu>2026-05-06T10:00:00+02:00</v:vu><v:geom><gml:Point gml:id='g' \
         srsName='urn:ogc:def:crs:EPSG::4326'><gml:pos>43.6 5.5</gml:pos></gml:Point></v:geom></v:signalements>\
         <v:signalements><v:titre>vide</v:titre><v:gravite xsi:nil='true'/><v:cout/></v:signalements></wfs:Insert>",
    );
    assert_eq!(totals(&answer), [2, 0, 0, 0]);
    let ids = attributes(&answer, "ResourceId", "rid");
    assert_eq!(ids, ["signalements.5", "signalements.6"]);
    assert_eq!(attributes(&answer, "ResourceId", "version"), ["1", "1"]);
    assert_eq!(attributes(&answer, "Feature", "handle"), ["neu", "neu"]);
    let new = feature(&region, &ids[0]);
    let values = &new["properties"];
    assert_eq!(values["titre"], "Fuite d'eau <rue> & cave");
    assert_eq!(values["gravite"], 4);
    assert_eq!(values["cout"], 1234.5);
    assert_eq!(values["taille"], 25.0);
    assert_eq!(values["urgent"], true);
    assert_eq!(values["jour"], "2026-05-06");
    assert_eq!(values["vu"], "2026-05-06T08:00:00Z");
    assert_eq!(new["geometry"]["coordinates"], serde_json::json!([5.5, 43.6]));
    let empty = feature(&region, &ids[1]);
    assert!(empty["geometry"].is_null() && empty["properties"]["gravite"].is_null(), "{empty}");
}

#[test]
fn a_collection_of_several_types_is_inserted_in_document_order() {
    let region = editable();
    let area = "<v:chantiers><v:nom>Pont</v:nom><v:geom><gml:Polygon srsName='EPSG:4326'><gml:exterior>\
        <gml:LinearRing><gml:posList>5 43 5.1 43 5.1 43.1 5 43</gml:posList></gml:LinearRing></gml:exterior>\
        </gml:Polygon></v:geom></v:chantiers>";
    let (one, two) = (report("un"), report("deux"));
    let answer = transaction(
        &region,
        "",
        &format!(
            "<wfs:Insert><wfs:FeatureCollection timeStamp='2026-01-01T00:00:00Z' numberMatched='3' \
             numberReturned='3'><wfs:member>{one}</wfs:member><wfs:member>{area}</wfs:member>\
             <wfs:member>{two}</wfs:member></wfs:FeatureCollection></wfs:Insert>"
        ),
    );
    assert_eq!(totals(&answer), [3, 0, 0, 0]);
    assert_eq!(attributes(&answer, "ResourceId", "rid"), ["signalements.5", "chantiers.3", "signalements.6"]);
    assert_eq!(feature(&region, "chantiers.3")["geometry"]["type"], "MultiPolygon");
}

#[test]
fn an_update_sets_removes_and_moves_what_its_filter_finds() {
    let region = editable();
    let filter = equal("v:gravite", "1");
    let answer = transaction(
        &region,
        "",
        &format!(
            "<wfs:Update typeName='v:signalements' handle='h1'>\
             <wfs:Property><wfs:ValueReference>v:titre</wfs:ValueReference><wfs:Value>Réparé</wfs:Value></wfs:Property>\
             <wfs:Property><wfs:ValueReference>cout[1]</wfs:ValueReference></wfs:Property>\
             <wfs:Property><wfs:ValueReference action='remove'>v:signalements/v:jour</wfs:ValueReference></wfs:Property>\
             <wfs:Property><wfs:ValueReference>v:geom</wfs:ValueReference><wfs:Value>\
             <gml:Point srsName='urn:ogc:def:crs:EPSG::2154'><gml:pos>900000 6270000</gml:pos></gml:Point></wfs:Value></wfs:Property>\
             {filter}</wfs:Update>"
        ),
    );
    assert_eq!(totals(&answer), [0, 1, 0, 0]);
    assert_eq!(attributes(&answer, "ResourceId", "rid"), ["signalements.2"]);
    assert_eq!(attributes(&answer, "ResourceId", "version"), ["2"]);
    let found = feature(&region, "signalements.2");
    assert_eq!(found["properties"]["titre"], "Réparé");
    assert!(found["properties"]["cout"].is_null() && found["properties"]["jour"].is_null());
    assert_eq!(found["properties"]["gravite"], 1);
    let at = found["geometry"]["coordinates"].as_array().expect("a position");
    let (x, y) = (at[0].as_f64().expect("x"), at[1].as_f64().expect("y"));
    assert!((5.4..5.6).contains(&x) && (43.4..43.6).contains(&y), "{x} {y}");
    let all = "<wfs:Update typeName='signalements'><wfs:Property><wfs:ValueReference>urgent</wfs:ValueReference>\
        <wfs:Value>false</wfs:Value></wfs:Property></wfs:Update>";
    assert_eq!(totals(&transaction(&region, "", all)), [0, 4, 0, 0]);
    assert!(features(&region, "signalements", "").iter().all(|f| f["properties"]["urgent"] == false));
}

#[test]
fn a_replace_forgets_what_it_does_not_bring() {
    let region = editable();
    let new = report("tout neuf");
    let answer =
        transaction(&region, "", &format!("<wfs:Replace>{new}{}</wfs:Replace>", by_id("signalements.4")));
    assert_eq!(totals(&answer), [0, 0, 1, 0]);
    assert_eq!(attributes(&answer, "ResourceId", "rid"), ["signalements.4"]);
    let found = feature(&region, "signalements.4");
    assert_eq!(found["properties"]["titre"], "tout neuf");
    assert!(found["geometry"].is_null() && found["properties"]["gravite"].is_null(), "{found}");
}

#[test]
fn a_delete_takes_what_its_filter_finds_and_counts_it() {
    let region = editable();
    let filter = "<fes:Filter><fes:BBOX><fes:ValueReference>v:geom</fes:ValueReference><gml:Envelope \
        srsName='urn:ogc:def:crs:EPSG::4326'><gml:lowerCorner>43.505 5.405</gml:lowerCorner>\
        <gml:upperCorner>43.525 5.425</gml:upperCorner></gml:Envelope></fes:BBOX></fes:Filter>";
    let delete = format!("<wfs:Delete typeName='v:signalements'>{filter}</wfs:Delete>");
    assert_eq!(totals(&transaction(&region, "", &delete)), [0, 0, 0, 2]);
    assert_eq!(totals(&transaction(&region, "", &delete)), [0, 0, 0, 0]);
    let left: Vec<_> = features(&region, "signalements", "").iter().map(|f| f["id"].clone()).collect();
    assert_eq!(left, ["signalements.1", "signalements.4"]);
}

#[test]
fn actions_are_done_in_their_order_and_see_each_other() {
    let region = editable();
    let actions = format!(
        "<wfs:Insert>{}</wfs:Insert>\
         <wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>titre</wfs:ValueReference>\
         <wfs:Value>b</wfs:Value></wfs:Property>{}</wfs:Update>\
         <wfs:Delete typeName='v:signalements'>{}</wfs:Delete>\
         <wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>titre</wfs:ValueReference>\
         <wfs:Value>c</wfs:Value></wfs:Property>{}</wfs:Update>\
         <wfs:Native vendorId='x' safeToIgnore='true'>whatever</wfs:Native>",
        report("a"),
        equal("titre", "a"),
        equal("titre", "b"),
        equal("titre", "b"),
    );
    assert_eq!(totals(&transaction(&region, "", &actions)), [1, 1, 0, 1]);
    assert_eq!(features(&region, "signalements", "").len(), 4);
}

#[test]
fn the_name_that_gml_gives_every_feature_is_kept_once_somebody_sets_it() {
    let region = editable();
    let update = format!(
        "<wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>gml:name[1]</wfs:ValueReference>\
         <wfs:Value>Nom &amp; prénom</wfs:Value></wfs:Property>{}</wfs:Update>",
        by_id("signalements.1")
    );
    assert_eq!(totals(&transaction(&region, "", &update)), [0, 1, 0, 0]);
    let insert = "<wfs:Insert><v:signalements><gml:description>Beschreibung</gml:description>\
        <gml:identifier codeSpace='http://ids'>i-7</gml:identifier><gml:name>zwei</gml:name><v:titre>t</v:titre>\
        </v:signalements></wfs:Insert>";
    assert_eq!(totals(&transaction(&region, "", insert)), [1, 0, 0, 0]);
    let all = get(&region.url("/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=signalements"));
    let schema =
        get(&region.url("/wfs?service=WFS&version=2.0.0&request=DescribeFeatureType&typeNames=signalements"));
    let space = namespace(&region);
    schemas::validate_mixed(&all.body, &[(WFS, XSD), (&space, &schema.text())]);
    let text = all.text();
    assert!(text.contains("<gml:name>Nom &amp; prénom</gml:name>"), "{text}");
    assert!(
        text.contains("<gml:description>Beschreibung</gml:description><gml:identifier codeSpace="),
        "{text}"
    );
    let found = |property: &str, value: &str| {
        let filter = equal(property, value).replacen(
            "<fes:Filter>",
            "<fes:Filter xmlns:fes='http://www.opengis.net/fes/2.0'>",
            1,
        );
        features(&region, "signalements", &format!("&filter={}", encoded(&filter))).len()
    };
    assert_eq!(
        [found("gml:name", "zwei"), found("gml:identifier", "i-7"), found("gml:name", "x")],
        [1, 1, 0]
    );
    let values = get(&region.url(
        "/wfs?service=WFS&version=2.0.0&request=GetPropertyValue&typeNames=signalements&valueReference=gml:name",
    ));
    assert_eq!(values.text().matches("<gml:name>").count(), 2);
    for version in ["1.1.0", "1.0.0"] {
        let old = get(&region
            .url(&format!("/wfs?service=WFS&version={version}&request=GetFeature&typeName=signalements")));
        let text = old.text();
        assert!(text.contains("<gml:name>zwei</gml:name>") && !text.contains("gml:identifier"), "{text}");
    }
}

#[test]
fn a_deleted_feature_comes_back_under_its_identifier_and_its_history_goes_on() {
    let region = editable();
    let delete = format!("<wfs:Delete typeName='v:signalements'>{}</wfs:Delete>", by_id("signalements.2"));
    assert_eq!(totals(&transaction(&region, "", &delete)), [0, 0, 0, 1]);
    let again = |id: &str| {
        let body = format!(
            "<wfs:Insert><v:signalements gml:id='{id}'><v:titre>de retour</v:titre></v:signalements></wfs:Insert>"
        );
        let answer = transaction(&region, "", &body);
        assert_eq!(totals(&answer), [1, 0, 0, 0]);
        (
            attributes(&answer, "ResourceId", "rid").remove(0),
            attributes(&answer, "ResourceId", "version").remove(0),
        )
    };
    let of = |id: &str, version: &str| (id.to_owned(), version.to_owned());
    assert_eq!(again("signalements.2"), of("signalements.2", "2"));
    assert_eq!(feature(&region, "signalements.2")["properties"]["titre"], "de retour");
    // One that lives, one that never was, and one of another type get new identifiers.
    assert_eq!(again("signalements.2"), of("signalements.5", "1"));
    assert_eq!(again("signalements.900"), of("signalements.6", "1"));
    assert_eq!(again("chantiers.2"), of("signalements.7", "1"));
}
