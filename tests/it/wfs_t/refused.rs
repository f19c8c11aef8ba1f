//! Transactions that are refused: nothing is written, and what is wrong is named.

use super::*;

/// A good Insert before what is wrong, and a good Delete behind it: neither may be done.
#[track_caller]
fn whole(region: &Region, actions: &str) -> Answer {
    let before = features(region, "signalements", "");
    let around = format!(
        "<wfs:Insert>{}</wfs:Insert>{actions}<wfs:Delete typeName='v:signalements'>{}</wfs:Delete>",
        report("vorher"),
        by_id("signalements.1")
    );
    let answer = transaction(region, "", &around);
    assert_eq!(features(region, "signalements", ""), before, "something was written");
    answer
}

fn inserted(inside: &str) -> String {
    format!(
        "<wfs:Insert handle='der Griff'>{}<v:signalements gml:id='zweiter'>{inside}</v:signalements></wfs:Insert>",
        report("erster")
    )
}

fn updated(property: &str, value: &str) -> String {
    format!(
        "<wfs:Update typeName='v:signalements' handle='der Griff'><wfs:Property><wfs:ValueReference>{property}\
         </wfs:ValueReference>{value}</wfs:Property>{}</wfs:Update>",
        by_id("signalements.2")
    )
}

#[test]
fn a_value_that_breaks_its_type_is_named_with_feature_and_property() {
    let region = editable();
    for (property, value) in [
        ("gravite", "viel"),
        ("gravite", "99999999999999999999"),
        ("gravite", "1.5"),
        ("cout", "12,50"),
        ("urgent", "vielleicht"),
        ("jour", "2026-02-30"),
        ("vu", "gestern"),
    ] {
        let insert = inserted(&format!("<v:{property}>{value}</v:{property}>"));
        refused(&whole(&region, &insert), 400, "InvalidValue", &["der Griff", "2", property, value]);
        let update = updated(property, &format!("<wfs:Value>{value}</wfs:Value>"));
        refused(&whole(&region, &update), 400, "InvalidValue", &["der Griff", property, value]);
    }
}

#[test]
fn what_the_type_does_not_have_is_named() {
    let region = editable();
    let known = ["titre", "geom"];
    for insert in [
        "<v:nichts>1</v:nichts>",
        "<titre xmlns='http://elsewhere'>x</titre>",
        "<v:titre>a</v:titre><v:titre>b</v:titre>",
        "<v:titre><b>fett</b></v:titre>",
        "<gml:location/>",
        "<v:fid>7</v:fid>",
    ] {
        refused(&whole(&region, &inserted(insert)), 400, "InvalidValue", &["zweiter"]);
    }
    refused(&whole(&region, &updated("v:nichts", "<wfs:Value>1</wfs:Value>")), 400, "InvalidValue", &known);
    for property in ["@gml:id", "fid", "gml:boundedBy"] {
        let answer = whole(&region, &updated(property, "<wfs:Value>1</wfs:Value>"));
        refused(&answer, 400, "InvalidValue", &["der Griff", property]);
    }
    let other = "<wfs:Insert handle='H'><v:nothing/></wfs:Insert>";
    refused(&whole(&region, other), 400, "InvalidValue", &["H", "nothing"]);
    let other = "<wfs:Insert><x:signalements xmlns:x='http://elsewhere'/></wfs:Insert>";
    refused(&whole(&region, other), 400, "InvalidValue", &["http://elsewhere"]);
    let other = format!("<wfs:Delete typeName='v:nothing'>{}</wfs:Delete>", by_id("nothing.1"));
    refused(&whole(&region, &other), 400, "InvalidParameterValue", &["nothing"]);
}

#[test]
fn a_geometry_that_breaks_a_rule_is_named() {
    let region = editable();
    let polygon = |positions: &str| {
        format!(
            "<wfs:Insert handle='H'><v:chantiers><v:geom><gml:Polygon srsName='EPSG:4326'><gml:exterior>\
             <gml:LinearRing><gml:posList>{positions}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>\
             </v:geom></v:chantiers></wfs:Insert>"
        )
    };
    for (insert, named) in [
        (polygon("5 43 6 44 6 43 5 44 5 43"), "Self-intersection"),
        (polygon("5 43 6 44 6 43 5 44"), "last the same as the first"),
        (polygon("5 43 6 vier 5 43"), "vier"),
        (polygon("5 43 NaN 44 6 43 5 43"), "NaN"),
        (polygon("5 430 6 430 6 431 5 430"), "H"),
    ] {
        refused(&whole(&region, &insert), 400, "InvalidValue", &["H", named]);
    }
    let line = "<v:geom><gml:LineString srsName='EPSG:4326'><gml:posList>5 43 6 44</gml:posList></gml:LineString></v:geom>";
    refused(&whole(&region, &inserted(line)), 400, "InvalidValue", &["der Griff", "geom"]);
    for geometry in ["<Point xmlns='http://www.opengis.net/kml/2.2'/>", "POINT(5 43)", "<gml:Point/>"] {
        let insert = inserted(&format!("<v:geom>{geometry}</v:geom>"));
        refused(&whole(&region, &insert), 400, "InvalidValue", &["der Griff", "geom"]);
    }
    let unknown =
        "<v:geom><gml:Point srsName='urn:ogc:def:crs:FOO::9999'><gml:pos>1 2</gml:pos></gml:Point></v:geom>";
    refused(&whole(&region, &inserted(unknown)), 400, "InvalidParameterValue", &["der Griff"]);
    let named = "<wfs:Insert srsName='urn:ogc:def:crs:FOO::9999'><v:signalements><v:geom><gml:Point><gml:pos>1 2</gml:pos>\
        </gml:Point></v:geom></v:signalements></wfs:Insert>";
    refused(&whole(&region, named), 400, "InvalidParameterValue", &["FOO"]);
}

#[test]
fn actions_that_lack_something_or_can_not_be_done_are_refused() {
    let region = editable();
    let one = report("x");
    for (action, code, named) in [
        ("<wfs:Delete typeName='v:signalements'/>".to_owned(), "MissingParameterValue", "Filter"),
        ("<wfs:Delete/>".to_owned(), "MissingParameterValue", "typeName"),
        ("<wfs:Insert/>".to_owned(), "MissingParameterValue", "Insert"),
        ("<wfs:Update typeName='v:signalements'/>".to_owned(), "MissingParameterValue", "Property"),
        (format!("<wfs:Replace>{one}</wfs:Replace>"), "MissingParameterValue", "Filter"),
        (
            format!("<wfs:Replace>{}</wfs:Replace>", by_id("signalements.1")),
            "MissingParameterValue",
            "feature",
        ),
        ("<wfs:Native vendorId='v' safeToIgnore='false'/>".to_owned(), "InvalidParameterValue", "native"),
        ("<wfs:Native vendorId='v'/>".to_owned(), "InvalidParameterValue", "native"),
        ("<wfs:Explode/>".to_owned(), "OperationParsingFailed", "Explode"),
        (
            updated("titre", "<wfs:Value>a</wfs:Value>")
                .replace("ValueReference>titre", "ValueReference action='insertAfter'>titre"),
            "InvalidValue",
            "insertAfter",
        ),
        (
            format!("<wfs:Insert inputFormat='application/vnd.ms-excel'>{one}</wfs:Insert>"),
            "InvalidParameterValue",
            "excel",
        ),
        (
            format!("<wfs:Delete typeName='v:signalements'>{}</wfs:Delete>", equal("nichts", "1")),
            "InvalidParameterValue",
            "nichts",
        ),
    ] {
        refused(&whole(&region, &action), 400, code, &[named]);
    }
    let answer = transaction(&region, "releaseAction='MOST'", "");
    refused(&answer, 400, "InvalidParameterValue", &["MOST"]);
    assert_eq!(totals(&transaction(&region, "", "")), [0; 4]);
}

#[test]
fn hostile_documents_are_refused_before_anything_is_done() {
    let region = editable();
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]>";
    let depth = 5_000;
    let deep = format!("{}{}", "<v:titre>".repeat(depth), "</v:titre>".repeat(depth));
    for document in [
        format!(
            "{bomb}{}",
            document_200(&region, "", &format!("<wfs:Insert>{}</wfs:Insert>", report("&b;")))
        ),
        document_200(
            &region,
            "",
            &format!("<wfs:Insert><v:signalements>{deep}</v:signalements></wfs:Insert>"),
        ),
        document_200(&region, "", "<wfs:Insert>").replace("</wfs:Transaction>", ""),
        document_200(&region, "", &format!("<wfs:Insert>{}</wfs:Insert>", report("&nbsp;"))),
        "<wfs:Transaction".to_owned(),
        "<Transaction xmlns='http://elsewhere' service='WFS' version='2.0.0'/>".to_owned(),
    ] {
        let answer = send(&region, &document);
        let code = exception(&answer).0;
        assert_eq!((answer.status, code.as_str()), (400, "OperationParsingFailed"), "{document:.80}");
    }
    let other = document_200(&region, "", "").replace("2.0.0", "1.1.0");
    assert_eq!(exception(&send(&region, other)).0, "VersionNegotiationFailed");
    for evil in [
        "'; drop table data.signalements; --",
        "\" onload=\"alert(1)",
        "]]&gt;&lt;script&gt;",
        "${jndi:x}",
        "\u{202e}",
    ] {
        let insert = format!("<wfs:Insert>{}</wfs:Insert>", report(evil));
        assert_eq!(totals(&transaction(&region, "", &insert)), [1, 0, 0, 0], "{evil}");
        let update = format!(
            "<wfs:Update typeName='v:signalements' handle=\"{}\"><wfs:Property><wfs:ValueReference>{}</wfs:ValueReference>\
             <wfs:Value>x</wfs:Value></wfs:Property></wfs:Update>",
            evil.replace('"', "&quot;"),
            evil
        );
        let answer = transaction(&region, "", &update);
        refused(&answer, 400, "InvalidValue", &["there is"; 0]);
    }
    assert_eq!(features(&region, "signalements", "").len(), 9);
}

#[test]
fn more_features_than_the_limit_are_refused_whole() {
    let region = limited(Limits { transaction_features: 50, ..Limits::default() });
    let many =
        |count: usize| format!("<wfs:Insert handle='viele'>{}</wfs:Insert>", report("x").repeat(count));
    refused(&transaction(&region, "", &many(51)), 400, "OperationProcessingFailed", &["50", "viele"]);
    assert_eq!(features(&region, "signalements", "").len(), 4);
    assert_eq!(totals(&transaction(&region, "", &many(50))), [50, 0, 0, 0]);
    let all = "<wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>titre</wfs:ValueReference>\
        <wfs:Value>y</wfs:Value></wfs:Property></wfs:Update>";
    refused(&transaction(&region, "", all), 400, "OperationProcessingFailed", &["50"]);
    assert!(features(&region, "signalements", "").iter().all(|f| f["properties"]["titre"] != "y"));
}

#[test]
fn nobody_edits_where_editing_is_off_and_strangers_are_asked_for_a_token() {
    let off = with_config(config());
    let insert = format!("<wfs:Insert>{}</wfs:Insert>", report("x"));
    refused(&transaction(&off, "", &insert), 501, "OperationNotSupported", &["Transaction"]);
    let locks = get(&off.url("/wfs?service=WFS&version=2.0.0&request=LockFeature&typeNames=signalements"));
    refused(&locks, 501, "OperationNotSupported", &["LockFeature"]);
    let token = with_config(Config { editing: Editing::Token, ..config() });
    let answer = transaction(&token, "", &insert);
    refused(&answer, 401, "NoApplicableCode", &["token"]);
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{:?}", answer.headers);
    let old = transaction_100(
        &token,
        "",
        "<Delete typeName='v:signalements'><ogc:Filter><ogc:FeatureId fid='signalements.1'/></ogc:Filter></Delete>",
    );
    assert_eq!(old.status, 401, "{}", old.text());
    let lock =
        get(&token.url("/wfs?service=WFS&version=2.0.0&request=GetFeatureWithLock&typeNames=signalements"));
    assert_eq!(lock.status, 401);
    for region in [&off, &token] {
        assert_eq!(features(region, "signalements", "").len(), 4);
    }
}

#[test]
fn what_lies_outside_the_address_can_not_be_edited() {
    let region = editable();
    let insert = format!("<wfs:Insert>{}</wfs:Insert>", report("x"));
    let body = document_200(&region, "", &insert);
    let foreign = post(&region.url("/dataset/chantiers/wfs"), "text/xml", &body);
    refused(&foreign, 400, "InvalidValue", &["signalements"]);
    let own = post(&region.url("/dataset/signalements/wfs"), "text/xml", &body);
    assert_eq!(totals(&own), [1, 0, 0, 0]);
}
