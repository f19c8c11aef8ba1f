//! Files into tables: what each format, encoding and system becomes, and what is refused.
//!
//! Every file is made here, byte by byte where its faults matter.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod files;

mod bad;
mod formats;
mod geometries;
mod values;

use crate::support::{self, TestDatabase};
use datasud::config::Config;
use datasud::ingest::{self, Finding, IngestError, Level, Loaded, LoadedLayer, ReadOptions, Target};
use datasud::store::{Deadline, Row, ToSql};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A database, a folder for files and the configuration of one test.
struct Bench {
    database: TestDatabase,
    folder: tempfile::TempDir,
    config: Config,
    options: ReadOptions,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let mut config = support::config();
        config.data = folder.path().join("data");
        Self {
            database: support::database().await,
            folder,
            config,
            options: ReadOptions { reader: Some(PathBuf::from(support::PROGRAM)), ..ReadOptions::default() },
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        path
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn crs(&mut self, code: i32) {
        self.options.crs = Some(datasud::geo::Crs::from_epsg(code).expect("known"));
    }

    /// Loads files as tables named like their layers and commits; rolls back a refusal.
    async fn try_load(&self, files: &[&Path]) -> Result<Loaded, IngestError> {
        let files: Vec<PathBuf> = files.iter().map(|f| f.to_path_buf()).collect();
        let mut transaction = self.database.store.job().await?.begin().await?;
        let mut place = |layer: &ingest::SourceLayer| {
            let slug = datasud::model::slugify(&layer.name).to_string();
            Ok::<_, Finding>(Target { table: format!("{slug}__v1"), slug })
        };
        let mut new = ingest::NewImages::default();
        let loaded = ingest::read_and_load(
            transaction.session()?,
            &files,
            &self.options,
            &self.config,
            &mut place,
            &mut new,
            &|_| (),
        )
        .await;
        match loaded {
            Ok(loaded) => {
                transaction.commit().await?;
                new.keep();
                Ok(loaded)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    async fn load(&self, file: &Path) -> Loaded {
        match self.try_load(&[file]).await {
            Ok(loaded) => {
                assert!(loaded.report.iter().all(|f| f.level != Level::Error), "{:?}", loaded.report);
                self.nothing_is_left_behind();
                loaded
            }
            Err(error) => panic!("{} was refused: {error}", file.display()),
        }
    }

    async fn load_one(&self, file: &Path) -> LoadedLayer {
        let mut loaded = self.load(file).await;
        assert_eq!(loaded.layers.len(), 1, "{loaded:?}");
        loaded.layers.remove(0)
    }

    /// The error finding of a file that must be refused, having left no table and no temporary file.
    async fn refusal(&self, file: &Path) -> Finding {
        let findings = match self.try_load(&[file]).await {
            Err(IngestError::Refused(findings)) => findings,
            other => panic!("{} was not refused: {other:?}", file.display()),
        };
        let tables = self
            .rows("select tablename from pg_tables where schemaname = 'data' and tablename like '%__v1'", &[])
            .await;
        assert!(tables.is_empty(), "a half table is left");
        self.nothing_is_left_behind();
        findings.into_iter().find(|f| f.level == Level::Error).expect("an error finding")
    }

    fn nothing_is_left_behind(&self) {
        let left = std::fs::read_dir(self.config.data.join("tmp")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "temporary files are left");
    }

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        let mut session =
            self.database.store.session(Deadline::after(Duration::from_secs(60))).await.expect("session");
        session.query(sql, params).await.expect("rows")
    }

    /// The first column of the first row, as text.
    async fn text(&self, sql: &str) -> Option<String> {
        let rows = self.rows(&format!("select ({sql})::text"), &[]).await;
        rows.first().expect("a row").get(0)
    }
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|f| f.code.as_str()).collect()
}

fn finding<'a>(loaded: &'a Loaded, code: &str) -> &'a Finding {
    loaded
        .report
        .iter()
        .find(|f| f.code == code)
        .unwrap_or_else(|| panic!("no {code} in {:?}", codes(&loaded.report)))
}
