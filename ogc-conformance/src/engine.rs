//! One run of a suite in a Java process that can reach nothing but loopback.

use crate::plan::{Kind, Suite};
use crate::process::{Ended, Group, Interrupt};
use crate::sources::unpack;
use crate::suites::Files;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the engine keeps for itself and opens as files, so that it can't stay in a jar.
const OWN_SCRIPTS: &str = "com/occamlab/te/scripts";

/// Runs a suite on one subject (an address or a file's) and leaves its results below `out`, a new folder.
///
/// # Errors
/// A sentence, when the run can't be prepared or started.
pub fn run(
    suite: &Suite,
    files: &Files,
    properties: &BTreeMap<String, String>,
    out: &Path,
    proxy: u16,
    interrupt: &Interrupt,
) -> Result<Ended, String> {
    let system = |e: std::io::Error| format!("{} can't be written: {e}", out.display());
    for folder in ["tmp", "home", "results"] {
        std::fs::create_dir_all(out.join(folder)).map_err(system)?;
    }
    std::fs::write(out.join("props.xml"), document(properties)).map_err(system)?;
    // The only name that Java resolves; addresses need no resolving.
    std::fs::write(out.join("hosts"), "127.0.0.1 localhost\n").map_err(system)?;
    let mut path = Vec::new();
    if suite.kind == Kind::Ctl {
        if let Some(scripts) = &files.scripts {
            copy(scripts, &out.join("te_base")).map_err(system)?;
        }
        for jar in &files.jars {
            engine_scripts(jar, &out.join("engine"))?;
        }
        path.push(out.join("engine"));
    }
    path.extend(files.services.iter().chain(&files.jars).cloned());
    let log = std::fs::File::create(out.join("java.log")).map_err(system)?;
    let mut java = Command::new("java");
    java.args(arguments(suite, out, proxy, &class_path(&path)?)).current_dir(out);
    java.stdout(log.try_clone().map_err(system)?).stderr(log);
    let group = Group::start(&mut java).map_err(|e| format!("Java can't be started: {e}"))?;
    Ok(group.wait(Duration::from_secs(suite.seconds), interrupt))
}

fn class_path(path: &[PathBuf]) -> Result<OsString, String> {
    std::env::join_paths(path).map_err(|e| format!("the path of the suites can't be used: {e}"))
}

/// The arguments of `java`.
fn arguments(suite: &Suite, out: &Path, proxy: u16, class_path: &OsString) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut set = |name: &str, value: &Path| {
        let mut argument = OsString::from(format!("-D{name}="));
        argument.push(value);
        arguments.push(argument);
    };
    set("java.io.tmpdir", &out.join("tmp"));
    set("user.home", &out.join("home"));
    set("jdk.net.hosts.file", &out.join("hosts"));
    if suite.kind == Kind::Ctl {
        set("TE_BASE", &out.join("te_base"));
    }
    for protocol in ["http", "https"] {
        set(&format!("{protocol}.proxyHost"), Path::new("127.0.0.1"));
        set(&format!("{protocol}.proxyPort"), Path::new(&proxy.to_string()));
    }
    set("http.nonProxyHosts", Path::new("localhost|127.*|[::1]"));
    // Suites move nodes between documents, which must come from one implementation: the one they bring.
    set("jdk.xml.overrideDefaultParser", Path::new("true"));
    set("java.awt.headless", Path::new("true"));
    set("user.language", Path::new("en"));
    arguments.push(format!("-Xmx{}", suite.heap).into());
    arguments.extend(["-cp".into(), class_path.clone(), suite.controller.clone().into()]);
    if suite.kind == Kind::Testng && !suite.no_output_option {
        arguments.extend(["-o".into(), out.join("results").into()]);
    }
    arguments.push(out.join("props.xml").into());
    arguments
}

/// Java's XML properties, without the usual DOCTYPE: some suites refuse it, others fetch it.
fn document(properties: &BTreeMap<String, String>) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let rows = properties.iter().filter(|(_, value)| !value.is_empty());
    let rows = rows.map(|(k, v)| format!("<entry key=\"{}\">{}</entry>\n", escape(k), escape(v)));
    let rows: String = rows.collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<properties version=\"1.0\">\n{rows}</properties>\n")
}

/// Puts the engine's own scripts into a folder, from a jar or those that its manifest names.
fn engine_scripts(jar: &Path, folder: &Path) -> Result<(), String> {
    if folder.join(OWN_SCRIPTS).is_dir() {
        return Ok(());
    }
    let own = |p: &Path| p.starts_with(OWN_SCRIPTS).then(|| p.to_owned());
    if unpack(jar, folder, own)? > 0 {
        return Ok(());
    }
    for other in named_by_manifest(jar).into_iter().filter(|j| j.is_file()) {
        engine_scripts(&other, folder)?;
    }
    Ok(())
}

/// The jars of the `Class-Path` in a jar's manifest.
fn named_by_manifest(jar: &Path) -> Vec<PathBuf> {
    let mut text = String::new();
    let read = std::fs::File::open(jar).ok().and_then(|f| {
        zip::ZipArchive::new(f).ok()?.by_name("META-INF/MANIFEST.MF").ok()?.read_to_string(&mut text).ok()
    });
    let folder = jar.parent().unwrap_or(Path::new("."));
    read.map(|_| class_path_of(&text).iter().map(|name| folder.join(name)).collect()).unwrap_or_default()
}

/// The names in a manifest's `Class-Path`; its long lines go on after a line break and a blank.
fn class_path_of(manifest: &str) -> Vec<String> {
    let whole = manifest.replace('\r', "").replace("\n ", "");
    let names = whole.lines().find_map(|l| l.strip_prefix("Class-Path:"));
    names.map(|n| n.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
}

/// Copies a folder: the engine writes into the folder of its scripts.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn command(id: &str) -> Vec<String> {
        let plan = Plan::read(&crate::folder()).expect("plan");
        let suite = plan.suites.iter().find(|s| s.id == id).expect("known");
        let arguments = arguments(suite, Path::new("/out"), 4711, &"/a.jar:/b.jar".into());
        arguments.into_iter().map(|a| a.into_string().expect("text")).collect()
    }

    #[test]
    fn java_reaches_the_proxy_and_no_name_but_localhost() {
        for id in ["wms13", "wfs20", "gml32"] {
            let command = command(id);
            for wanted in [
                "-Dhttp.proxyPort=4711",
                "-Dhttps.proxyPort=4711",
                "-Dhttp.proxyHost=127.0.0.1",
                "-Dhttps.proxyHost=127.0.0.1",
                "-Djdk.net.hosts.file=/out/hosts",
                "-Djava.io.tmpdir=/out/tmp",
            ] {
                assert!(command.iter().any(|a| a == wanted), "{id} lacks {wanted}");
            }
        }
    }

    #[test]
    fn each_kind_of_suite_is_told_where_to_write_in_its_own_way() {
        let end = |id: &str| command(id).split_off(command(id).len() - 3).join(" ");
        assert!(command("wms13").contains(&"-DTE_BASE=/out/te_base".to_owned()));
        assert!(end("wms13").ends_with("CtlController /out/props.xml"), "{}", end("wms13"));
        assert_eq!(end("wfs20"), "-o /out/results /out/props.xml");
        assert!(end("gml32").ends_with("TestNGController /out/props.xml"), "{}", end("gml32"));
    }

    #[test]
    fn properties_are_escaped_and_have_no_doctype() {
        let properties = [("a".into(), "x?b=1&c=<2>".into()), ("off".into(), String::new())];
        let text = document(&BTreeMap::from(properties));
        assert!(text.contains("<entry key=\"a\">x?b=1&amp;c=&lt;2&gt;</entry>"), "{text}");
        assert!(!text.contains("DOCTYPE") && !text.contains("off"));
        roxmltree::Document::parse(&text).expect("well-formed");
    }

    #[test]
    fn a_manifest_names_its_jars_over_several_lines() {
        let manifest = "Manifest-Version: 1.0\r\nClass-Path: lib/a.jar lib/lo\r\n ng.jar\r\nX: y\r\n";
        assert_eq!(class_path_of(manifest), ["lib/a.jar", "lib/long.jar"]);
        assert!(class_path_of("X: y\n").is_empty());
    }
}
