//! Tokens from the command line to the services: who may edit, for how long, whose layers.

use super::{PLACES, soon};
use crate::support::region::{command, datasud, scalar};
use crate::support::{
    Answer, TestDatabase, TestServer, agent, config, database, get, get_with, server_with, until,
};
use datasud::access::{TokenError, TokenRefused, Tokens};
use datasud::config::{Config, Editing};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Changes the name of one feature to `texte`.
const RENAME: &str = "<wfs:Transaction service=\"WFS\" version=\"2.0.0\" xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
    xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:o=\"http://e.org/o\"><wfs:Update typeName=\"o:places\">\
    <wfs:Property><wfs:ValueReference>nom</wfs:ValueReference><wfs:Value>texte</wfs:Value></wfs:Property>\
    <fes:Filter><fes:ResourceId rid=\"places.1\"/></fes:Filter></wfs:Update></wfs:Transaction>";

fn serving(database: &TestDatabase, editing: Editing) -> TestServer {
    server_with(database, Config { editing, ..config() })
}

/// Sends the transaction with an `Authorization` header.
fn rename(server: &TestServer, authorization: Option<&str>) -> Answer {
    rename_at(&server.base, authorization)
}

fn rename_at(base: &str, authorization: Option<&str>) -> Answer {
    let mut request = agent().post(format!("{base}/wfs")).header("Content-Type", "text/xml");
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let (parts, mut body) = request.send(RENAME).expect("an answer").into_parts();
    let body = body.read_to_vec().expect("a body");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

fn create(database: &TestDatabase, args: &[&str]) -> String {
    let ran = datasud(database, &[&["token", "create"], args].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.trim().to_owned()
}

#[tokio::test]
async fn a_token_from_the_command_line_lets_its_holder_edit_until_it_is_revoked() {
    let lab = PLACES.lab().await;
    let secret = create(&lab.database, &["anne", "--days", "3"]);
    assert!(secret.starts_with("datasud_") && secret.len() == 8 + 43, "{secret}");
    let server = serving(&lab.database, Editing::Token);

    let refused = rename(&server, None);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"datasud\""));
    assert!(refused.text().contains("ExceptionReport") && refused.text().contains("needs a token"));
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "un");

    let done = rename(&server, Some(&format!("Bearer {secret}")));
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "texte");
    // The scheme's name is the same in any case (RFC 9110 section 11.1).
    assert_eq!(rename(&server, Some(&format!("bearer  {secret} "))).status, 200);

    assert_eq!(datasud(&lab.database, &["token", "revoke", "anne"]).code, 0);
    let mut refused = None;
    until("the token ends", || {
        let answer = rename(&server, Some(&format!("Bearer {secret}")));
        refused = (answer.status != 200).then_some(answer);
        refused.is_some()
    });
    let refused = refused.expect("an answer");
    assert_eq!(refused.status, 401, "{}", refused.text());
    assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""));
    assert!(refused.text().contains("unknown or was revoked"), "{}", refused.text());
}

#[tokio::test]
async fn what_is_no_token_is_refused_for_editing_and_passed_over_for_reading() {
    let lab = PLACES.lab().await;
    let secret = create(&lab.database, &["anne"]);
    let server = serving(&lab.database, Editing::Token);
    // No token ends so: the last of 256 bits leave two bits of the last letter unused.
    let wrong = format!("Bearer {}B", &secret[..secret.len() - 1]);
    let long = format!("Bearer datasud_{}", "x".repeat(5000));
    for header in [
        "Bearer",
        "Bearer ",
        "Bearer datasud_",
        "Bearer ' or '1'='1",
        "Bearer two words",
        "Bearer null",
        &wrong,
        &long,
        &format!("Bearer {}", secret.to_uppercase()),
        &format!("Bearer {}", secret.trim_start_matches("datasud_")),
    ] {
        let refused = rename(&server, Some(header));
        assert_eq!(refused.status, 401, "{header}: {}", refused.text());
        assert!(refused.header("www-authenticate").contains("invalid_token"), "{header}");
        assert!(!refused.text().contains("datasud_"), "a secret is repeated: {}", refused.text());
        let read =
            format!("{}/wfs?service=WFS&version=2.0.0&request=GetFeature&typenames=places", server.base);
        let read = get_with(&read, &[("Authorization", header)]);
        assert_eq!(read.status, 200, "{header}: {}", read.text());
    }
    // Somebody else's name and password is no bad token, it is none.
    let refused = rename(&server, Some("Basic YTpi"));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"datasud\""));
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
}

#[tokio::test]
async fn a_token_of_an_organisation_changes_that_organisations_layers_only() {
    let lab = PLACES.lab().await;
    lab.sql("insert into datasud.organisation (slug, title, prefix, namespace) values ('p', 'P', 'p', 'http://e.org/p')").await;
    let (own, foreign) = (
        create(&lab.database, &["own", "--organisation", "o"]),
        create(&lab.database, &["foreign", "--organisation", "p"]),
    );
    let server = serving(&lab.database, Editing::Token);
    let refused = rename(&server, Some(&format!("Bearer {foreign}")));
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.text().contains("organisation &apos;p&apos;"), "{}", refused.text());
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "un");
    assert_eq!(rename(&server, Some(&format!("Bearer {own}"))).status, 200);
    // An organisation that goes takes its tokens along.
    lab.sql("delete from datasud.organisation where slug = 'p'").await;
    assert_eq!(lab.scalar("select string_agg(name, ' ') from datasud.token").await, "own");
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over() {
    let lab = PLACES.lab().await;
    let secret = create(&lab.database, &["court", "--days", "1"]);
    let tokens = Tokens::new(lab.database.store.clone());
    assert_eq!(tokens.holder(&secret, soon()).await.expect("good").name.as_deref(), Some("court"));
    lab.sql("update datasud.token set expires = now() - interval '1 second'").await;
    // Another node has not looked it up yet.
    let refused = Tokens::new(lab.database.store.clone()).holder(&secret, soon()).await;
    assert!(matches!(refused, Err(TokenRefused::Expired(_))), "{refused:?}");
    let server = serving(&lab.database, Editing::Token);
    let refused = rename(&server, Some(&format!("Bearer {secret}")));
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("time of this token is over"), "{}", refused.text());
    let listed = datasud(&lab.database, &["token", "list"]);
    assert!(listed.stdout.contains("court") && listed.stdout.contains("ended"), "{}", listed.stdout);
}

#[tokio::test]
async fn where_editing_is_off_no_token_helps_and_where_it_is_open_none_is_needed() {
    let lab = PLACES.lab().await;
    let secret = create(&lab.database, &["anne"]);
    let off = serving(&lab.database, Editing::Off);
    for authorization in [None, Some(format!("Bearer {secret}"))] {
        let refused = rename(&off, authorization.as_deref());
        assert!(
            refused.status >= 400 && refused.text().contains("OperationNotSupported"),
            "{}",
            refused.text()
        );
    }
    assert_eq!(lab.scalar("select nom from data.places where fid = 1").await, "un");
    let capabilities = |server: &TestServer| {
        get(&format!("{}/wfs?service=WFS&version=2.0.0&request=GetCapabilities", server.base)).text()
    };
    assert!(!capabilities(&off).contains("name=\"Transaction\""));
    drop(off);
    let open = serving(&lab.database, Editing::Open);
    assert_eq!(rename(&open, None).status, 200);
    assert!(capabilities(&open).contains("name=\"Transaction\""));
    let token = serving(&lab.database, Editing::Token);
    assert!(capabilities(&token).contains("name=\"Transaction\""), "to who could come with a token");
}

#[tokio::test]
async fn secrets_are_nowhere_in_the_database_and_never_the_same() {
    let database = database().await;
    let tokens = Tokens::new(database.store.clone());
    let (first, token) = tokens.create("  un ", None, None, soon()).await.expect("made");
    let (second, _) = tokens.create("deux", None, Some(1), soon()).await.expect("made");
    assert_eq!((token.name.as_str(), token.expires), ("un", None));
    assert_ne!(first, second);
    let stored = "select string_agg(t::text, ' ') from datasud.token t";
    let stored = scalar(&database, stored).await;
    for secret in [first, second] {
        let bits = secret.trim_start_matches("datasud_");
        assert!(!stored.contains(bits), "{stored}");
    }
    let listed = datasud(&database, &["token", "list", "--json"]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let keys: Vec<&String> = listed[1].as_object().expect("object").keys().collect();
    assert_eq!(keys, ["name", "organisation", "created", "expires"]);
}

#[tokio::test]
async fn names_days_and_organisations_that_make_no_sense_are_refused() {
    let database = database().await;
    let tokens = Tokens::new(database.store.clone());
    for name in ["", "  ", "a\nb", "\u{1b}[2J", &"x".repeat(101)] {
        let made = tokens.create(name, None, None, soon()).await;
        assert!(matches!(made, Err(TokenError::Name)), "{name:?}");
    }
    tokens.create("O'Neil; drop table", None, None, soon()).await.expect("made");
    for (args, code, told) in [
        (&["token", "create", "O'Neil; drop table"][..], 1, "already"),
        (&["token", "create", "x", "--organisation", "nope"], 1, "there is no organisation 'nope'"),
        (&["token", "create", "x", "--days", "0"], 2, "--days"),
        (&["token", "create", "x", "--days", "99999999999"], 2, "--days"),
        (&["token", "create"], 2, "NAME"),
        (&["token", "revoke", "x"], 1, "there is no token 'x'"),
    ] {
        let ran = datasud(&database, args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told) && ran.stdout.is_empty(), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(scalar(&database, "select count(*) from datasud.token").await, "1");
    let json = datasud(&database, &["token", "create", "robot", "--json"]).json();
    let secret = json["secret"].as_str().expect("a secret");
    assert!(tokens.holder(secret, soon()).await.is_ok());
}

#[tokio::test]
async fn the_log_says_whose_token_came_and_never_the_token() {
    let lab = PLACES.lab().await;
    let secret = create(&lab.database, &["Anne, voirie"]);
    let mut serving = command(
        &lab.database,
        &["serve", "--listen", "127.0.0.1:0", "--editing", "token", "--log-format", "json"],
    );
    let mut server = serving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut welcome = BufReader::new(server.stdout.take().expect("its output")).lines();
    let first = welcome.next().expect("a line").expect("readable");
    let base = first.split(' ').find(|word| word.starts_with("http://")).expect("its address");
    let base = base.trim_end_matches('/');
    assert_eq!(rename_at(base, Some(&format!("Bearer {secret}"))).status, 200);
    assert_eq!(rename_at(base, Some(&format!("Bearer {secret}x"))).status, 401);
    // In order, so that its last lines are written.
    rustix::process::kill_process(rustix::process::Pid::from_child(&server), rustix::process::Signal::TERM)
        .expect("asked to stop");
    let log = server.wait_with_output().expect("its log").stderr;
    let log = String::from_utf8(log).expect("UTF-8");
    let editors: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["message"] == "answered")
        .map(|line| line["editor"].clone())
        .collect();
    assert_eq!(editors, [serde_json::json!("Anne, voirie"), serde_json::Value::Null]);
    assert!(!log.contains("datasud_"), "{log}");
}
