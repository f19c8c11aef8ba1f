//! LockFeature and GetFeatureWithLock.

use super::*;

fn lock(region: &Region, attributes: &str, inside: &str) -> Answer {
    send(
        region,
        format!(
            "<wfs:LockFeature service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:fes='{FES}' {attributes}>{inside}\
             </wfs:LockFeature>"
        ),
    )
}

fn query(filter: &str) -> String {
    format!("<wfs:Query typeNames='signalements'>{filter}</wfs:Query>")
}

fn get_with_lock(region: &Region, attributes: &str, inside: &str) -> Answer {
    send(
        region,
        format!(
            "<wfs:GetFeatureWithLock service='WFS' version='2.0.0' xmlns:wfs='{WFS}' xmlns:fes='{FES}' {attributes}>\
             {inside}</wfs:GetFeatureWithLock>"
        ),
    )
}

/// The name of the lock that a good answer tells.
#[track_caller]
fn name_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD);
    let text = answer.text();
    let document = Document::parse(&text).expect("well-formed");
    document.root_element().attribute("lockId").unwrap_or_else(|| panic!("no lockId: {text}")).to_owned()
}

fn delete(region: &Region, attributes: &str, id: &str) -> Answer {
    transaction(
        region,
        attributes,
        &format!("<wfs:Delete typeName='v:signalements'>{}</wfs:Delete>", by_id(id)),
    )
}

#[test]
fn a_locked_feature_changes_only_with_the_lock_that_holds_it() {
    let region = editable();
    let answer = lock(&region, "expiry='60'", &query(&by_id("signalements.1")));
    let id = name_of(&answer);
    assert_eq!(attributes(&answer, "ResourceId", "rid"), ["signalements.1"]);
    refused(&delete(&region, "", "signalements.1"), 400, "MissingParameterValue", &["lockId"]);
    refused(&delete(&region, "lockId='made up'", "signalements.1"), 400, "InvalidLockId", &["made up"]);
    assert_eq!(features(&region, "signalements", "").len(), 4);
    // What is not locked is everybody's.
    assert_eq!(totals(&delete(&region, "", "signalements.2")), [0, 0, 0, 1]);
    assert_eq!(totals(&delete(&region, &format!("lockId='{id}'"), "signalements.1")), [0, 0, 0, 1]);
    // The lock went with the transaction.
    refused(&delete(&region, &format!("lockId='{id}'"), "signalements.3"), 400, "InvalidLockId", &[&id]);
}

#[test]
fn a_lock_of_all_takes_all_or_none_and_a_lock_of_some_takes_the_rest() {
    let region = editable();
    let first = name_of(&lock(&region, "", &query(&by_id("signalements.3"))));
    let all = lock(&region, "lockAction='ALL'", &query(""));
    refused(&all, 400, "CannotLockAllFeatures", &["3"]);
    assert_eq!(totals(&delete(&region, "", "signalements.4")), [0, 0, 0, 1]);
    let some = lock(&region, "lockAction='SOME'", &query(""));
    let second = name_of(&some);
    assert_ne!(first, second);
    assert_eq!(
        attributes(&some, "ResourceId", "rid"),
        ["signalements.1", "signalements.2", "signalements.3"]
    );
    let text = some.text();
    let not = text.find("FeaturesNotLocked").expect("features that are not locked");
    assert!(text[not..].contains("signalements.3") && !text[..not].contains("signalements.3"), "{text}");
    let empty = lock(&region, "", &query(&by_id("signalements.99")));
    assert_eq!(attributes(&empty, "ResourceId", "rid"), Vec::<String>::new());
    schemas::validate(&empty.body, XSD);
}

#[test]
fn only_what_was_changed_is_released_when_some_is_asked() {
    let region = editable();
    let id = name_of(&lock(&region, "", &query("")));
    let update = format!(
        "<wfs:Update typeName='v:signalements'><wfs:Property><wfs:ValueReference>titre</wfs:ValueReference>\
         <wfs:Value>fertig</wfs:Value></wfs:Property>{}</wfs:Update>",
        by_id("signalements.2")
    );
    let attributes = format!("lockId='{id}' releaseAction='SOME'");
    assert_eq!(totals(&transaction(&region, &attributes, &update)), [0, 1, 0, 0]);
    assert_eq!(totals(&delete(&region, "", "signalements.2")), [0, 0, 0, 1]);
    refused(&delete(&region, "", "signalements.1"), 400, "MissingParameterValue", &["1"]);
    // An empty transaction with the lock releases it.
    assert_eq!(totals(&transaction(&region, &format!("lockId='{id}' releaseAction='ALL'"), "")), [0; 4]);
    assert_eq!(totals(&delete(&region, "", "signalements.1")), [0, 0, 0, 1]);
}

#[test]
fn a_lock_ends_with_its_time_and_can_be_reset_before() {
    let region = editable();
    let short = name_of(&lock(&region, "expiry='1'", &query(&by_id("signalements.1"))));
    let long = name_of(&lock(&region, "expiry='1'", &query(&by_id("signalements.2"))));
    let reset = lock(&region, &format!("lockId='{long}' expiry='600'"), "");
    assert_eq!(name_of(&reset), long);
    assert_eq!(attributes(&reset, "ResourceId", "rid"), ["signalements.2"]);
    crate::support::until("the lock ends", || delete(&region, "", "signalements.1").status == 200);
    refused(&lock(&region, &format!("lockId='{short}'"), ""), 403, "LockHasExpired", &[&short]);
    refused(
        &delete(&region, &format!("lockId='{short}'"), "signalements.3"),
        403,
        "LockHasExpired",
        &[&short],
    );
    refused(&delete(&region, "", "signalements.2"), 400, "MissingParameterValue", &["2"]);
}

#[test]
fn features_come_with_their_lock_and_without_what_others_hold() {
    let region = editable();
    let answer = get_with_lock(&region, "count='2' startIndex='1'", &query(""));
    let id = name_of(&answer);
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = answer.text();
    let document = Document::parse(&text).expect("well-formed");
    let ids = |document: &Document<'_>| -> Vec<String> {
        let features = document
            .descendants()
            .filter(|n| n.has_tag_name("signalements") || n.tag_name().name() == "signalements");
        features
            .filter_map(|n| n.attribute(("http://www.opengis.net/gml/3.2", "id")))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(ids(&document), ["signalements.2", "signalements.3"]);
    assert_eq!(document.root_element().attribute("next"), None);
    refused(&delete(&region, "", "signalements.3"), 400, "MissingParameterValue", &["3"]);
    assert_eq!(totals(&delete(&region, "", "signalements.4")), [0, 0, 0, 1]);
    refused(&get_with_lock(&region, "", &query("")), 400, "CannotLockAllFeatures", &["2"]);
    let rest = get_with_lock(&region, "lockAction='SOME'", &query(""));
    assert_ne!(name_of(&rest), id);
    let text = rest.text();
    assert_eq!(ids(&Document::parse(&text).expect("well-formed")), ["signalements.1"]);
    refused(
        &get_with_lock(&region, "resultType='hits'", &query("")),
        400,
        "InvalidParameterValue",
        &["resultType"],
    );
    let json = get_with_lock(&region, "outputFormat='application/json'", &query(""));
    refused(&json, 400, "InvalidParameterValue", &["outputFormat"]);
}

#[test]
fn the_stored_query_and_key_value_pairs_lock_as_well() {
    let region = editable();
    let stored = "<wfs:StoredQuery id='urn:ogc:def:query:OGC-WFS::GetFeatureById'><wfs:Parameter name='id'>\
        signalements.1</wfs:Parameter></wfs:StoredQuery>";
    let answer = lock(&region, "", stored);
    name_of(&answer);
    assert_eq!(attributes(&answer, "ResourceId", "rid"), ["signalements.1"]);
    let base = region.url("/wfs?service=WFS&version=2.0.0");
    let kvp = get(&format!("{base}&request=LockFeature&resourceId=signalements.2&expiry=60"));
    name_of(&kvp);
    assert_eq!(attributes(&kvp, "ResourceId", "rid"), ["signalements.2"]);
    let features = get(&format!("{base}&request=GetFeatureWithLock&typeNames=signalements&lockAction=SOME"));
    name_of(&features);
    assert!(features.text().contains("numberReturned=\"2\""), "{}", features.text());
}

#[test]
fn wfs_1_locks_for_minutes_in_its_own_words() {
    let region = editable();
    let body = |version: &str, inside: &str| {
        format!(
            "<LockFeature xmlns='http://www.opengis.net/wfs' xmlns:ogc='http://www.opengis.net/ogc' service='WFS' \
             version='{version}' expiry='1' lockAction='SOME'>{inside}</LockFeature>"
        )
    };
    let one = "<Lock handle='l' typeName='signalements'><ogc:Filter><ogc:FeatureId fid='signalements.1'/></ogc:Filter></Lock>";
    let answer = send(&region, body("1.1.0", one));
    assert_eq!(answer.status, 200, "{}", answer.text());
    schemas::validate(&answer.body, XSD_110);
    assert_eq!(attributes(&answer, "FeatureId", "fid"), ["signalements.1"]);
    let id = text_of(&answer, "LockId").expect("a lock");
    let answer = send(&region, body("1.0.0", "<Lock typeName='signalements'/>"));
    schemas::validate(&answer.body, XSD_100);
    assert!(answer.text().contains("WFS_LockFeatureResponse"), "{}", answer.text());
    assert_eq!(attributes(&answer, "FeatureId", "fid").len(), 4);
    let delete = "<wfs:Delete typeName='v:signalements'><ogc:Filter><ogc:FeatureId fid='signalements.1'/></ogc:Filter></wfs:Delete>";
    let missing = transaction_110(&region, "", delete);
    assert_eq!(exception(&missing).0, "MissingParameterValue");
    let with =
        transaction_110(&region, "releaseAction='ALL'", &format!("<wfs:LockId>{id}</wfs:LockId>{delete}"));
    assert_eq!(text_of(&with, "totalDeleted").as_deref(), Some("1"), "{}", with.text());
    let collection = send(
        &region,
        "<GetFeatureWithLock xmlns='http://www.opengis.net/wfs' service='WFS' version='1.1.0' expiry='1' \
         lockAction='SOME'><Query typeName='chantiers'/></GetFeatureWithLock>",
    );
    let text = collection.text();
    let document = Document::parse(&text).expect("well-formed");
    assert!(document.root_element().attribute("lockId").is_some(), "{text}");
}

#[test]
fn what_a_lock_request_gets_wrong_is_named() {
    let region = editable();
    for (attributes, code, named) in [
        ("expiry='0'", "InvalidParameterValue", "expiry"),
        ("expiry='soon'", "InvalidParameterValue", "expiry"),
        ("expiry='999999999999999999'", "InvalidParameterValue", "expiry"),
        ("lockAction='MOST'", "InvalidParameterValue", "lockAction"),
        ("lockId='x'", "OperationParsingFailed", "lockId"),
    ] {
        refused(&lock(&region, attributes, &query("")), 400, code, &[named]);
    }
    refused(&lock(&region, "lockId='nobody'", ""), 400, "InvalidLockId", &["nobody"]);
    refused(&lock(&region, "", ""), 400, "MissingParameterValue", &["typeNames"]);
    let unknown = lock(&region, "", "<wfs:Query typeNames='nothing'/>");
    refused(&unknown, 400, "InvalidParameterValue", &["nothing"]);
    assert_eq!(totals(&delete(&region, "", "signalements.1")), [0, 0, 0, 1]);
}
