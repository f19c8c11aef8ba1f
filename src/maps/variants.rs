//! Symbolizers with parameters that are computed: features of one look are drawn together.

use super::MapError;
use crate::style::{Cell, Symbolizer};
use std::collections::HashMap;

/// Looks of one symbolizer in one map: with more the memory of a map would have no bound.
const MOST: usize = 50_000;

/// The looks of one symbolizer.
pub(super) struct Variants {
    /// Which symbolizer of its rule.
    pub(super) symbolizer: usize,
    /// Each look with its features, in the order they came.
    pub(super) looks: Vec<(Symbolizer, Vec<u32>)>,
    known: HashMap<Vec<Key>, usize>,
}

/// A value that tells looks apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Nothing,
    Number(i64),
    Text(String),
}

impl Variants {
    /// One for each symbolizer of a rule that is computed.
    pub(super) fn of(symbolizers: &[Symbolizer]) -> Vec<Self> {
        let computed = symbolizers.iter().enumerate().filter(|(_, s)| !s.computed().is_empty());
        computed
            .map(|(symbolizer, _)| Self { symbolizer, looks: Vec::new(), known: HashMap::new() })
            .collect()
    }

    /// Takes a feature; answers the number of its look.
    pub(super) fn take(
        &mut self,
        symbolizers: &[Symbolizer],
        feature: u32,
        lookup: &dyn Fn(&str) -> Cell,
    ) -> Result<usize, MapError> {
        let Some(symbolizer) = symbolizers.get(self.symbolizer) else { return Ok(0) };
        let values: Vec<Cell> =
            symbolizer.computed().iter().map(|c| rounded(c.value.evaluate(lookup))).collect();
        let key: Vec<Key> = values.iter().map(key).collect();
        let look = match self.known.get(&key) {
            Some(look) => *look,
            None => {
                if self.looks.len() >= MOST {
                    return Err(MapError::TooDetailed);
                }
                self.looks.push((symbolizer.with(&values), Vec::new()));
                self.known.insert(key, self.looks.len() - 1);
                self.looks.len() - 1
            }
        };
        if let Some((_, features)) = self.looks.get_mut(look) {
            features.push(feature);
        }
        Ok(look)
    }
}

/// A hundredth of a pixel, a degree or an opacity can't be seen; without the digits beyond, more features look alike.
fn rounded(cell: Cell) -> Cell {
    match cell.number() {
        Some(number) if cell.color().is_none() => Cell::Number((number * 100.0).round() / 100.0),
        _ => cell,
    }
}

fn key(cell: &Cell) -> Key {
    match cell {
        Cell::Nothing => Key::Nothing,
        Cell::Number(number) => Key::Number((number * 100.0).round() as i64),
        Cell::Text(text) => Key::Text(text.clone()),
    }
}
