//! Values gathered by column.

use crate::formats::text::push_plain;
use crate::model::{ColumnType, Value};
use chrono::{Datelike, Timelike};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::writer::SerializedColumnWriter;
use parquet::schema::types::Type;

/// Days from the first of January of year 1 to that of 1970.
const EPOCH: i32 = 719_163;

/// The values of a column that are not null, and where they are.
pub(super) struct Gathered {
    values: Values,
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
}

enum Values {
    Boolean(Vec<bool>),
    Integer(Vec<i32>),
    Long(Vec<i64>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
}

impl Values {
    const fn of(physical: Physical) -> Self {
        match physical {
            Physical::BOOLEAN => Self::Boolean(Vec::new()),
            Physical::INT32 => Self::Integer(Vec::new()),
            Physical::INT64 => Self::Long(Vec::new()),
            Physical::DOUBLE => Self::Double(Vec::new()),
            _ => Self::Bytes(Vec::new()),
        }
    }
}

/// Parquet's types of one of ours: how it is stored and what it means.
pub(super) const fn types(kind: ColumnType) -> (Physical, Option<LogicalType>) {
    use parquet::basic::TimestampType;
    match kind {
        ColumnType::Text | ColumnType::Json => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Integer => (Physical::INT32, None),
        ColumnType::BigInteger => (Physical::INT64, None),
        ColumnType::Real | ColumnType::Decimal => (Physical::DOUBLE, None),
        ColumnType::Boolean => (Physical::BOOLEAN, None),
        ColumnType::Date => (Physical::INT32, Some(LogicalType::Date)),
        ColumnType::Time => (
            Physical::INT64,
            Some(LogicalType::Time(TimestampType { is_adjusted_to_u_t_c: false, unit: TimeUnit::MICROS })),
        ),
        ColumnType::Timestamp => (
            Physical::INT64,
            Some(LogicalType::Timestamp(TimestampType {
                is_adjusted_to_u_t_c: true,
                unit: TimeUnit::MICROS,
            })),
        ),
        ColumnType::Binary => (Physical::BYTE_ARRAY, None),
    }
}

/// A column that may be null.
pub(super) fn field(name: &str, (physical, logical): (Physical, Option<LogicalType>)) -> Result<Type> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

impl Gathered {
    /// An empty column of a stored type.
    pub(super) const fn new(physical: Physical) -> Self {
        Self { values: Values::of(physical), levels: Vec::new() }
    }

    /// Adds a value, and says how many bytes it takes. What the column's type can't hold is null.
    pub(super) fn push(&mut self, value: &Value<'_>) -> usize {
        let before = self.levels.len();
        let mut size = 2;
        match (&mut self.values, value) {
            (Values::Boolean(all), Value::Boolean(truth)) => all.push(*truth),
            (Values::Integer(all), Value::Integer(number)) => {
                all.push(i32::try_from(*number).unwrap_or(i32::MAX));
            }
            (Values::Integer(all), Value::Date(day)) => all.push(day.num_days_from_ce() - EPOCH),
            (Values::Long(all), Value::Integer(number)) => all.push(*number),
            (Values::Long(all), Value::Timestamp(at)) => all.push(at.timestamp_micros()),
            (Values::Long(all), Value::Time(time)) => all.push(
                i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000),
            ),
            (Values::Double(all), Value::Real(number)) => all.push(*number),
            (Values::Double(all), Value::Decimal(text)) => match text.parse() {
                Ok(number) => all.push(number),
                Err(_) => return self.push_null(),
            },
            (Values::Bytes(all), Value::Binary(bytes)) => {
                size += bytes.len() + 32;
                all.push(bytes.to_vec().into());
            }
            (Values::Bytes(all), Value::Text(_) | Value::Json(_)) => {
                let mut text = Vec::new();
                push_plain(value, &mut text);
                size += text.len() + 32;
                all.push(text.into());
            }
            _ => return self.push_null(),
        }
        debug_assert_eq!(before, self.levels.len());
        self.levels.push(1);
        size + 8
    }

    fn push_null(&mut self) -> usize {
        self.levels.push(0);
        2
    }

    /// Adds a geometry.
    pub(super) fn push_bytes(&mut self, bytes: Vec<u8>) -> usize {
        let size = bytes.len() + 34;
        match &mut self.values {
            Values::Bytes(all) => {
                all.push(bytes.into());
                self.levels.push(1);
                size
            }
            _ => self.push_null(),
        }
    }

    /// Writes what was gathered and empties this.
    pub(super) fn write(&mut self, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Values::Boolean(all) => {
                to.typed::<BoolType>().write_batch(all, levels, None)?;
                all.clear();
            }
            Values::Integer(all) => {
                to.typed::<Int32Type>().write_batch(all, levels, None)?;
                all.clear();
            }
            Values::Long(all) => {
                to.typed::<Int64Type>().write_batch(all, levels, None)?;
                all.clear();
            }
            Values::Double(all) => {
                to.typed::<DoubleType>().write_batch(all, levels, None)?;
                all.clear();
            }
            Values::Bytes(all) => {
                to.typed::<ByteArrayType>().write_batch(all, levels, None)?;
                all.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}
