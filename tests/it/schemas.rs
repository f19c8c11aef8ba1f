//! Validation against the official XSDs, by `xmllint`, with nothing asked from the network while
//! validating: an XML catalog maps every public address to a file.
//!
//! The schemas come from the public Maven artefact `org.jvnet.ogc:ogc-schemas`, and those of CSW 3.0, which it
//! lacks, from the public Python package `pycsw`, unpacked once into the test build's folder;
//! `DATASUD_SCHEMAS` names a folder that already holds the `ogc/` tree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const ARTEFACT: &str = "org.jvnet.ogc:ogc-schemas:2.6.1";
const PACKAGE: &str = "pycsw==2.6.2";

/// What is mapped: public prefix → folder of the artefact, the longest prefixes first.
const PREFIXES: [(&str, &str); 2] =
    [("http://www.isotc211.org/2005/", "iso/19139/20070417/"), ("http://schemas.opengis.net/", "")];

/// Validates a document against the schema at a public address, such as
/// `http://schemas.opengis.net/wfs/2.0/wfs.xsd`; panics with xmllint's words when it is not valid.
#[track_caller]
pub fn validate(xml: &[u8], schema: &str) {
    let imports = [(None, schema.to_owned())];
    if let Err(report) = check(xml, &imports) {
        panic!("not valid against {schema}:\n{report}\n{}", excerpt(xml));
    }
}

/// Validates a document that mixes namespaces: each `(namespace, schema)` is a public address or the
/// text of a schema itself (an answer of DescribeFeatureType).
#[track_caller]
pub fn validate_mixed(xml: &[u8], schemas: &[(&str, &str)]) {
    let imports: Vec<_> = schemas.iter().map(|(n, s)| (Some((*n).to_owned()), (*s).to_owned())).collect();
    if let Err(report) = check(xml, &imports) {
        panic!("not valid:\n{report}\n{}", excerpt(xml));
    }
}

/// The same as [`validate_mixed`], with xmllint's report as the error.
pub fn check(xml: &[u8], schemas: &[(Option<String>, String)]) -> Result<(), String> {
    let work = tempfile::tempdir().map_err(|e| e.to_string())?;
    let document = work.path().join("document.xml");
    std::fs::write(&document, xml).map_err(|e| e.to_string())?;
    let schema = match schemas {
        [(None, address)] => PathBuf::from(local(address)),
        several => wrapper(work.path(), several)?,
    };
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(&schema)
        .arg(&document)
        .env("XML_CATALOG_FILES", folder().join("catalog.xml"))
        .output()
        .map_err(|e| format!("xmllint (package libxml2-utils) can't be run: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// Validates a document against the DTD that its `DOCTYPE` names.
#[track_caller]
pub fn validate_by_dtd(xml: &[u8]) {
    let work = tempfile::tempdir().expect("a temporary folder");
    let document = work.path().join("document.xml");
    std::fs::write(&document, xml).expect("written");
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--valid"])
        .arg(&document)
        .env("XML_CATALOG_FILES", folder().join("catalog.xml"))
        .output()
        .expect("xmllint (package libxml2-utils) can be run");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "not valid by its DTD:\n{report}\n{}", excerpt(xml));
}

fn excerpt(xml: &[u8]) -> String {
    String::from_utf8_lossy(xml.get(..4000).unwrap_or(xml)).into_owned()
}

/// A schema that imports all of them.
fn wrapper(work: &Path, schemas: &[(Option<String>, String)]) -> Result<PathBuf, String> {
    let mut text = String::from("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n");
    for (i, (namespace, schema)) in schemas.iter().enumerate() {
        let location = if schema.trim_start().starts_with('<') {
            let file = work.join(format!("schema-{i}.xsd"));
            std::fs::write(&file, schema).map_err(|e| e.to_string())?;
            file.display().to_string()
        } else {
            local(schema)
        };
        let namespace = namespace.as_deref().unwrap_or_default();
        let _ = writeln!(text, "<xs:import namespace='{namespace}' schemaLocation='{location}'/>");
    }
    text.push_str("</xs:schema>\n");
    let file = work.join("all.xsd");
    std::fs::write(&file, text).map_err(|e| e.to_string())?;
    Ok(file)
}

/// The file of a public address, as a URI.
fn local(address: &str) -> String {
    let path = PREFIXES.iter().find_map(|(public, under)| address.strip_prefix(public).map(|r| (under, r)));
    let (under, rest) = path.unwrap_or_else(|| panic!("{address} is not a schema that is mapped"));
    format!("file://{}/ogc/{under}{rest}", folder().display())
}

/// The folder with `ogc/` and `catalog.xml`, made on first use.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let ready = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ogc-schemas-2.6.1-with-csw-3.0");
        if !ready.join("catalog.xml").exists() {
            prepare(&ready);
        }
        ready
    })
}

fn prepare(ready: &Path) {
    let parent = ready.parent().expect("a folder has a parent");
    std::fs::create_dir_all(parent).expect("the build folder can be written");
    let work = tempfile::tempdir_in(parent).expect("a temporary folder");
    let source = match std::env::var_os("DATASUD_SCHEMAS") {
        Some(given) => PathBuf::from(given),
        None => {
            fetch(work.path());
            work.path().join("fetched")
        }
    };
    copy(&source.join("ogc"), &work.path().join("ogc"), ready);
    if !source.join("ogc/cat/csw/3.0/cswAll.xsd").exists() {
        let catalogue = fetch_package(&work.path().join("fetched")).join("pycsw/core/schemas/ogc/cat");
        copy(&catalogue, &work.path().join("ogc/cat"), ready);
    }
    std::fs::write(work.path().join("xlink.xsd"), include_str!("schemas/xlink.xsd")).expect("written");
    std::fs::write(work.path().join("xml.xsd"), include_str!("schemas/xml.xsd")).expect("written");
    std::fs::write(work.path().join("catalog.xml"), catalog(ready)).expect("written");
    let _ = std::fs::remove_dir_all(work.path().join("fetched"));
    let made = work.keep();
    // Another test binary may have been quicker; its folder is as good.
    if std::fs::rename(&made, ready).is_err() {
        let _ = std::fs::remove_dir_all(&made);
    }
    assert!(ready.join("catalog.xml").exists(), "the schemas could not be prepared");
}

/// Copies schemas, with their absolute references among each other turned into files: xmllint holds a
/// schema that it meets under two addresses for two schemas.
fn copy(from: &Path, to: &Path, ready: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    let entries = std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    for entry in entries.map(|e| e.expect("an entry")) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, ready);
        } else if path.extension().is_some_and(|e| e == "dtd") {
            std::fs::copy(&path, target).expect("copied");
        } else if path.extension().is_some_and(|e| e == "xsd") {
            let text = std::fs::read_to_string(&path).expect("a schema is text");
            let ogc = format!("schemaLocation=\"file://{}/ogc/", ready.display());
            let text = text.replace("schemaLocation=\"http://schemas.opengis.net/", &ogc);
            std::fs::write(target, text).expect("written");
        }
    }
}

fn fetch(into: &Path) {
    let pom = into.join("pom.xml");
    let project = "<project xmlns='http://maven.apache.org/POM/4.0.0'><modelVersion>4.0.0</modelVersion>\
                   <groupId>local</groupId><artifactId>schemas</artifactId><version>1</version>\
                   <packaging>pom</packaging></project>";
    std::fs::write(&pom, project).expect("written");
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(&pom)
        .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack")
        .arg(format!("-Dartifact={ARTEFACT}"))
        .arg(format!("-DoutputDirectory={}", into.join("fetched").display()))
        .arg("-Dmdep.unpack.includes=ogc/**")
        .output()
        .expect("mvn (package maven) fetches the official schemas; or set DATASUD_SCHEMAS");
    assert!(
        into.join("fetched/ogc/wfs/2.0/wfs.xsd").exists(),
        "the official schemas could not be fetched; set DATASUD_SCHEMAS to a folder that holds them\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Unpacks the package by the Python that `make test` prepares, and answers where.
fn fetch_package(into: &Path) -> PathBuf {
    let python = std::env::var("DATASUD_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let run = |arguments: &[&str]| {
        let output = Command::new(&python).args(arguments).output().expect("Python can be run");
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{python} {arguments:?} failed; set DATASUD_SCHEMAS\n{report}");
    };
    let (wheels, unpacked) = (into.join("wheels"), into.join("package"));
    let folder = wheels.display().to_string();
    run(&[
        "-m",
        "pip",
        "--disable-pip-version-check",
        "download",
        "--quiet",
        "--no-deps",
        "-d",
        &folder,
        PACKAGE,
    ]);
    let wheel =
        std::fs::read_dir(&wheels).expect("a folder").next().expect("a wheel").expect("an entry").path();
    run(&["-m", "zipfile", "-e", &wheel.display().to_string(), &unpacked.display().to_string()]);
    unpacked
}

fn catalog(ready: &Path) -> String {
    let mut text =
        String::from("<catalog xmlns='urn:oasis:names:tc:entity:xmlns:xml:catalog' prefer='system'>\n");
    let base = ready.display();
    let files = [
        ("http://www.w3.org/1999/xlink.xsd", "xlink.xsd"),
        ("http://www.w3.org/2001/xml.xsd", "xml.xsd"),
        ("http://www.w3.org/2001/03/xml.xsd", "xml.xsd"),
    ];
    for (public, file) in files {
        let _ = writeln!(text, "<system systemId='{public}' uri='file://{base}/{file}'/>");
        let _ = writeln!(text, "<uri name='{public}' uri='file://{base}/{file}'/>");
    }
    for (public, under) in PREFIXES {
        let target = format!("file://{base}/ogc/{under}");
        let _ = writeln!(text, "<rewriteSystem systemIdStartString='{public}' rewritePrefix='{target}'/>");
        let _ = writeln!(text, "<rewriteURI uriStartString='{public}' rewritePrefix='{target}'/>");
    }
    text.push_str("</catalog>\n");
    text
}

#[test]
fn a_valid_document_passes_and_an_invalid_one_is_refused() {
    let schema = "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd";
    let good = "<ExceptionReport xmlns='http://www.opengis.net/ows/1.1' version='2.0.0'>\
                <Exception exceptionCode='NoApplicableCode'/></ExceptionReport>";
    validate(good.as_bytes(), schema);
    let bad = good.replace("exceptionCode", "code");
    assert!(check(bad.as_bytes(), &[(None, schema.to_owned())]).is_err());
}
