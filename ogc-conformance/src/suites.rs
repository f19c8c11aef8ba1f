//! Where suites and schemas come from: a prepared folder (`CITE_SUITES`), else Maven by `pom.xml`.

use crate::plan::{Kind, Suite};
use crate::process::{Ended, Group, Interrupt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long Maven may take for one suite.
const FETCHING: Duration = Duration::from_secs(300);
/// The folder of `pom.xml`'s schema artefact in the cache.
const SCHEMAS: &str = "ogc-schemas-2.6.1";

/// The files of one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Class path, in order.
    pub jars: Vec<PathBuf>,
    /// Folder with service lists that go before the jars.
    pub services: Option<PathBuf>,
    /// Folder with `scripts` (CTL).
    pub scripts: Option<PathBuf>,
}

/// Finds suites; an error is one sentence that says what to install or provide.
#[derive(Clone, Debug)]
pub struct Finder {
    /// A folder that holds suites already.
    pub prepared: Option<PathBuf>,
    /// Where fetched ones are kept, outside the checkout.
    pub cache: PathBuf,
    /// `pom.xml`.
    pub pom: PathBuf,
    /// Whether the network must not be asked.
    pub offline: bool,
    /// The user's wish to stop.
    pub interrupt: Interrupt,
}

impl Finder {
    /// The files of a suite.
    ///
    /// # Errors
    /// A sentence, when they can't be had.
    pub fn suite(&self, suite: &Suite) -> Result<Files, String> {
        if let Some(files) = self.prepared.as_deref().and_then(|folder| files(folder, suite)) {
            return Ok(files);
        }
        let folder = self.fetched(&format!("{}-{}", suite.artefact, suite.version), &suite.id)?;
        files(&folder, suite).ok_or_else(|| {
            format!(
                "{} doesn't hold all of {}; remove it to fetch it again",
                folder.display(),
                suite.artefact
            )
        })
    }

    /// The folder `ogc` of the schemas.
    ///
    /// # Errors
    /// A sentence, when they can't be had.
    pub fn schemas(&self) -> Result<PathBuf, String> {
        let prepared = self.prepared.as_deref().map(|folder| folder.join("mirror/ogc"));
        if let Some(folder) = prepared.filter(|f| f.is_dir()) {
            return Ok(folder);
        }
        let folder =
            self.fetched(SCHEMAS, "mirror").map_err(|e| format!("the OGC's schemas are missing: {e}"))?;
        Ok(folder.join("mirror/ogc"))
    }

    /// The folder of the cache with what a Maven profile brings; whole, or not there.
    fn fetched(&self, name: &str, profile: &str) -> Result<PathBuf, String> {
        let folder = self.cache.join(name);
        if folder.is_dir() {
            return Ok(folder);
        }
        let system = |e: std::io::Error| format!("{} can't be filled: {e}", self.cache.display());
        std::fs::create_dir_all(&self.cache).map_err(system)?;
        let work = tempfile::tempdir_in(&self.cache).map_err(system)?;
        let (out, log) = (work.path().join("out"), work.path().join("log"));
        let said = std::fs::File::create(&log).map_err(system)?;
        let mut maven = Command::new("mvn");
        maven.args(["-B", "-q", "-f"]).arg(&self.pom).args(["-P", profile]);
        maven.arg(format!("-Dout={}", out.display())).arg("generate-resources");
        if self.offline {
            maven.arg("-o");
        }
        maven.stdout(said.try_clone().map_err(system)?).stderr(said);
        let group = Group::start(&mut maven).map_err(|_| {
            "Maven is missing: install it (Debian: apt-get install maven), or name a folder with the suites in \
             CITE_SUITES"
                .to_owned()
        })?;
        let ended = group.wait(FETCHING, &self.interrupt);
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        if ended != Ended::Code(0) {
            return Err(refusal(&log, ended));
        }
        std::fs::rename(&out, &folder).map_err(system)?;
        Ok(folder)
    }
}

/// Why Maven brought nothing, in one sentence.
fn refusal(log: &str, ended: Ended) -> String {
    let after = |mark| log.split_once(mark).and_then(|(_, rest)| rest.split_whitespace().next());
    let before = |mark| log.split_once(mark).and_then(|(rest, _)| rest.split_whitespace().last());
    // The last is what Maven says when it has asked before.
    let lacking = after("Could not find artifact ").or_else(|| after("Failure to find "));
    let lacking = lacking.or_else(|| before(" was not found in "));
    match lacking {
        Some(artefact) => format!(
            "the Maven registry in use doesn't have {artefact}; name a folder with the suites in CITE_SUITES, or let \
             Maven reach Maven Central"
        ),
        None if log.contains("is offline") || log.contains("in offline mode") => {
            "it was never fetched, and the network may not be asked; run once without --offline, or name a folder \
             with the suites in CITE_SUITES"
                .into()
        }
        None if matches!(ended, Ended::TimedOut(_) | Ended::Interrupted) => format!("Maven {ended}"),
        None => "Maven can't fetch it: let it reach Maven Central (settings.xml, proxy), or name a folder with the \
                 suites in CITE_SUITES"
            .into(),
    }
}

/// What a folder in the agreed layout has of a suite, if it has all of it.
fn files(folder: &Path, suite: &Suite) -> Option<Files> {
    let whole = folder.join("aio").join(format!("{}.jar", suite.artefact));
    let mut jars: Vec<_> = Some(whole).filter(|j| j.is_file()).into_iter().collect();
    jars.extend(jars_of(&folder.join(format!("{}-lib", suite.artefact))));
    let services = suite.services.then(|| folder.join("services"));
    let scripts = (suite.kind == Kind::Ctl).then(|| folder.join("te_base"));
    let there = |path: &Option<PathBuf>| path.as_ref().is_none_or(|p| p.is_dir());
    (!jars.is_empty() && there(&services) && there(&scripts)).then_some(Files { jars, services, scripts })
}

fn jars_of(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut jars: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "jar")).collect();
    jars.sort();
    jars
}

/// Says in a sentence when there is no Java, or one that is too old for the suites (17).
///
/// # Errors
/// The sentence.
pub fn java() -> Result<(), String> {
    let install = "install Java 17 or newer (Debian: apt-get install default-jre-headless)";
    let output = Command::new("java").arg("-version").output();
    let output = output.map_err(|_| format!("Java is missing: {install}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match major(&said) {
        Some(version) if version >= 17 => Ok(()),
        Some(version) => Err(format!("Java {version} is too old: {install}")),
        None => Err(format!("'java -version' doesn't say a version: {install}")),
    }
}

/// The major version in what `java -version` says.
fn major(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    let version = version.strip_prefix("1.").unwrap_or(version);
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn suite(id: &str) -> Suite {
        let plan = Plan::read(&crate::folder()).expect("plan");
        plan.suites.into_iter().find(|s| s.id == id).expect("known")
    }

    fn touch(folder: &Path, path: &str) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, "").expect("written");
    }

    #[test]
    fn a_suite_is_there_only_with_all_its_parts() {
        let folder = tempfile::tempdir().expect("folder");
        let wms = suite("wms13");
        assert_eq!(files(folder.path(), &wms), None);
        touch(folder.path(), "aio/ets-wms13.jar");
        assert_eq!(files(folder.path(), &wms), None, "without its scripts");
        touch(folder.path(), "te_base/scripts/wms13/1.3.0/ctl/main-auto.xml");
        let found = files(folder.path(), &wms).expect("whole");
        assert_eq!(found.jars, [folder.path().join("aio/ets-wms13.jar")]);
        assert_eq!(found.scripts, Some(folder.path().join("te_base")));

        touch(folder.path(), "aio/ets-gml32.jar");
        assert_eq!(files(folder.path(), &suite("gml32")), None, "without its service lists");
        touch(folder.path(), "ets-wms11-lib/b.jar");
        touch(folder.path(), "ets-wms11-lib/a.jar");
        touch(folder.path(), "ets-wms11-lib/readme.txt");
        let found = files(folder.path(), &suite("wms11")).expect("whole");
        let names = [folder.path().join("ets-wms11-lib/a.jar"), folder.path().join("ets-wms11-lib/b.jar")];
        assert_eq!(found.jars, names);
    }

    #[test]
    fn what_maven_refuses_becomes_one_sentence_that_says_what_to_provide() {
        let code = Ended::Code(1);
        let log =
            "[ERROR] Could not find artifact org.opengis.cite:ets-wms13:jar:aio:1.34 in x (http://secret/x)";
        let sentence = refusal(log, code);
        assert!(
            sentence.contains("ets-wms13:jar:aio:1.34") && sentence.contains("CITE_SUITES"),
            "{sentence}"
        );
        assert!(!sentence.contains("secret"));
        let again =
            refusal("[ERROR] x: org.opengis.cite:ets-wms13:jar:aio:1.34 was not found in http://x", code);
        assert_eq!(again, sentence);
        for log in ["Cannot access x in offline mode", "[ERROR] Connection refused", ""] {
            let sentence = refusal(log, code);
            assert!(sentence.contains("CITE_SUITES") && !sentence.contains('\n'), "{sentence}");
        }
        assert!(refusal("", Ended::TimedOut(FETCHING)).contains("300 s"));
    }

    #[test]
    fn the_version_of_java_is_read_in_its_old_and_new_form() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(major("java version \"1.8.0_392\""), Some(8));
        assert_eq!(major("openjdk version \"21\" 2023"), Some(21));
        assert_eq!(major("command not found"), None);
    }

    #[test]
    fn every_suite_has_its_profile_with_the_same_version_in_the_pom() {
        let pom = std::fs::read_to_string(crate::folder().join("pom.xml")).expect("pom.xml");
        for suite in Plan::read(&crate::folder()).expect("plan").suites {
            let (_, profile) = pom.split_once(&format!("<id>{}</id>", suite.id)).expect(&suite.id);
            let profile = profile.split("</profile>").next().expect("profile");
            let artefact = format!("<artifactId>{}</artifactId><version>{}<", suite.artefact, suite.version);
            assert!(profile.contains(&artefact), "{}", suite.id);
        }
        assert!(pom.contains("<artifactId>ogc-schemas</artifactId><version>2.6.1<"));
    }
}
