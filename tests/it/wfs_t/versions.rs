//! The forms of the three versions.

use super::*;

const LINE: &str = "<v:signalements><v:titre>alt</v:titre><v:geom><gml:Point \
    srsName='urn:ogc:def:crs:EPSG::4326'><gml:coordinates decimal='.' cs=',' ts=' '>5.45,43.55</gml:coordinates>\
    </gml:Point></v:geom></v:signalements>";

#[test]
fn wfs_1_0_answers_with_its_own_response_and_takes_gml_2_coordinates_as_longitude_latitude() {
    let region = editable();
    let answer = transaction_100(&region, "", &format!("<Insert handle='h'>{LINE}</Insert>"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD_100);
    assert!(answer.text().contains("<WFS_TransactionResponse version=\"1.0.0\""), "{}", answer.text());
    assert!(answer.text().contains("<SUCCESS/>"));
    assert_eq!(attributes(&answer, "FeatureId", "fid"), ["signalements.5"]);
    assert_eq!(
        feature(&region, "signalements.5")["geometry"]["coordinates"],
        serde_json::json!([5.45, 43.55])
    );
    let rest = "<Update typeName='v:signalements'><Property><Name>titre</Name><Value>neu</Value></Property>\
        <Property><Name>v:geom</Name><Value><gml:Point srsName='EPSG:4326'><gml:coord><gml:X>5.5</gml:X><gml:Y>43.5</gml:Y>\
        </gml:coord></gml:Point></Value></Property>\
        <ogc:Filter><ogc:FeatureId fid='signalements.5'/></ogc:Filter></Update>\
        <Delete typeName='v:signalements'><ogc:Filter><ogc:FeatureId fid='signalements.1'/></ogc:Filter></Delete>";
    let answer = transaction_100(&region, "releaseAction='ALL'", rest);
    schemas::validate(&answer.body, XSD_100);
    assert!(answer.text().contains("<SUCCESS/>"), "{}", answer.text());
    let found = feature(&region, "signalements.5");
    assert_eq!(found["properties"]["titre"], "neu");
    assert_eq!(found["geometry"]["coordinates"], serde_json::json!([5.5, 43.5]));
    assert_eq!(features(&region, "signalements", "").len(), 4);
}

#[test]
fn wfs_1_0_tells_a_failure_in_its_response() {
    let region = editable();
    let wrong = "<Insert handle='drei'><v:signalements><v:gravite>viel</v:gravite></v:signalements></Insert>";
    let answer = transaction_100(&region, "", wrong);
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD_100);
    assert!(answer.text().contains("<FAILED/>"), "{}", answer.text());
    assert_eq!(text_of(&answer, "Locator").as_deref(), Some("drei"));
    let words = text_of(&answer, "Message").expect("a message");
    assert!(words.contains("gravite") && words.contains("viel"), "{words}");
    assert_eq!(features(&region, "signalements", "").len(), 4);
}

#[test]
fn wfs_1_1_answers_with_totals_and_the_new_identifiers() {
    let region = editable();
    let insert = "<wfs:Insert handle='a' srsName='urn:ogc:def:crs:EPSG::4326'><v:signalements><v:titre>x</v:titre>\
        <v:geom><gml:Point><gml:pos>43.55 5.45</gml:pos></gml:Point></v:geom></v:signalements></wfs:Insert>\
        <wfs:Update typeName='v:signalements'><wfs:Property><wfs:Name>v:titre</wfs:Name><wfs:Value>y</wfs:Value></wfs:Property>\
        <ogc:Filter><ogc:GmlObjectId gml:id='signalements.2'/></ogc:Filter></wfs:Update>\
        <wfs:Delete typeName='v:signalements'><ogc:Filter><ogc:FeatureId fid='signalements.3'/></ogc:Filter></wfs:Delete>";
    let answer = transaction_110(&region, "", insert);
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD_110);
    let totals = ["totalInserted", "totalUpdated", "totalDeleted"].map(|name| text_of(&answer, name));
    assert_eq!(totals.map(Option::unwrap_or_default), ["1", "1", "1"]);
    assert_eq!(attributes(&answer, "FeatureId", "fid"), ["signalements.5"]);
    assert_eq!(attributes(&answer, "Feature", "handle"), ["a"]);
    assert_eq!(
        feature(&region, "signalements.5")["geometry"]["coordinates"],
        serde_json::json!([5.45, 43.55])
    );
    let none = "<wfs:Delete typeName='v:signalements'><ogc:Filter><ogc:FeatureId fid='signalements.99'/></ogc:Filter></wfs:Delete>";
    let answer = transaction_110(&region, "", none);
    schemas::validate(&answer.body, XSD_110);
    assert_eq!(text_of(&answer, "totalDeleted").as_deref(), Some("0"));
}

#[test]
fn wfs_1_1_lets_the_client_choose_identifiers_when_it_asks_to() {
    let region = editable();
    let insert = |rule: &str, id: &str, title: &str| {
        let body = format!(
            "<wfs:Insert idgen='{rule}'><v:signalements gml:id='{id}'><v:titre>{title}</v:titre></v:signalements></wfs:Insert>"
        );
        transaction_110(&region, "", &body)
    };
    let kept = insert("UseExisting", "signalements.70", "siebzig");
    assert_eq!(attributes(&kept, "FeatureId", "fid"), ["signalements.70"], "{}", kept.text());
    let again = insert("UseExisting", "signalements.70", "noch einmal");
    assert_eq!(again.status, 400, "{}", again.text());
    schemas::validate(&again.body, OWS_OF_110);
    assert_eq!(feature(&region, "signalements.70")["properties"]["titre"], "siebzig");
    let replaced = insert("ReplaceDuplicate", "signalements.70", "ersetzt");
    assert_eq!(attributes(&replaced, "FeatureId", "fid"), ["signalements.70"], "{}", replaced.text());
    assert_eq!(feature(&region, "signalements.70")["properties"]["titre"], "ersetzt");
    let new = insert("GenerateNew", "signalements.70", "neu");
    assert_ne!(attributes(&new, "FeatureId", "fid"), ["signalements.70"]);
    for (rule, id) in [("UseExisting", "elsewhere.3"), ("UseExisting", "x"), ("Whatever", "signalements.90")]
    {
        let wrong = insert(rule, id, "falsch");
        assert_eq!(wrong.status, 400, "{rule} {id}: {}", wrong.text());
        schemas::validate(&wrong.body, OWS_OF_110);
    }
    assert_eq!(features(&region, "signalements", "").len(), 6);
}

#[test]
fn wfs_1_deletes_by_key_value_pairs_too() {
    let region = editable();
    let base = "/wfs?service=WFS&request=Transaction&operation=Delete";
    let answer = get(&region.url(&format!("{base}&version=1.1.0&featureId=signalements.1")));
    assert_eq!(text_of(&answer, "totalDeleted").as_deref(), Some("1"), "{}", answer.text());
    let filter = "<Filter xmlns='http://www.opengis.net/ogc'><PropertyIsEqualTo><PropertyName>gravite</PropertyName>\
        <Literal>5</Literal></PropertyIsEqualTo></Filter>";
    let form = format!(
        "service=WFS&version=1.0.0&request=Transaction&operation=Delete&typeName=signalements&filter={}",
        encoded(filter)
    );
    let answer = post(&region.url("/wfs"), "application/x-www-form-urlencoded", form);
    assert!(answer.text().contains("<SUCCESS/>"), "{}", answer.text());
    assert_eq!(features(&region, "signalements", "").len(), 2);
    for (query, code) in [
        ("&version=1.1.0&typeName=signalements", "MissingParameterValue"),
        ("&version=1.1.0", "MissingParameterValue"),
        ("&version=1.1.0&typeName=nothing&featureId=nothing.1", "InvalidParameterValue"),
        ("&version=2.0.0&typeNames=signalements&resourceId=signalements.2", "OperationParsingFailed"),
    ] {
        let answer = get(&region.url(&format!("{base}{query}")));
        assert_eq!(exception(&answer).0, code, "{query}");
    }
    let head = crate::support::head(&region.url(&format!("{base}&version=1.1.0&featureId=signalements.2")));
    assert_eq!(head.status, 405);
    assert_eq!(features(&region, "signalements", "").len(), 2);
}

#[test]
fn capabilities_offer_editing_where_it_is_on_and_only_there() {
    let region = editable();
    let capabilities = |region: &Region, version: &str| {
        get(&region.url(&format!("/wfs?service=WFS&version={version}&request=GetCapabilities"))).text()
    };
    let v200 = capabilities(&region, "2.0.0");
    schemas::validate(v200.as_bytes(), XSD);
    for class in ["ImplementsTransactionalWFS", "ImplementsLockingWFS"] {
        assert!(v200.contains(&format!("name=\"{class}\"><ows:NoValues/><ows:DefaultValue>TRUE")), "{v200}");
    }
    let v110 = capabilities(&region, "1.1.0");
    schemas::validate(v110.as_bytes(), XSD_110);
    assert_eq!(v110.matches("<wfs:Operation>Insert</wfs:Operation>").count(), 3, "{v110}");
    let v100 = capabilities(&region, "1.0.0");
    schemas::validate(v100.as_bytes(), "http://schemas.opengis.net/wfs/1.0.0/WFS-capabilities.xsd");
    assert_eq!(v100.matches("<Insert/>").count(), 3, "{v100}");
    for text in [&v200, &v110, &v100] {
        for operation in ["Transaction", "LockFeature", "GetFeatureWithLock"] {
            assert!(text.contains(operation), "{operation}: {text}");
        }
    }
    let off = with_config(config());
    for version in ["2.0.0", "1.1.0", "1.0.0"] {
        let text = capabilities(&off, version);
        assert!(
            !text.contains("Transaction\"") && !text.contains("<Transaction>") && !text.contains("Insert"),
            "{text}"
        );
        assert!(!text.contains("LockFeature"), "{text}");
    }
    assert!(
        capabilities(&off, "2.0.0")
            .contains("ImplementsTransactionalWFS\"><ows:NoValues/><ows:DefaultValue>FALSE")
    );
}
