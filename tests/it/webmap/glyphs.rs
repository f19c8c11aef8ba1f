//! Letters: decoded here by what `glyphs.proto` says, not by the writer.

use crate::support::{get, get_with, head, region};
use std::collections::BTreeMap;

/// Value of a distance field on the edge: a quarter of the range lies outside of it.
const EDGE: u8 = 191;
/// Pixels around a letter.
const BORDER: usize = 3;

#[derive(Clone, Debug, Default, PartialEq)]
struct Glyph {
    bitmap: Vec<u8>,
    width: usize,
    height: usize,
    left: i64,
    top: i64,
    advance: u64,
}

impl Glyph {
    fn at(&self, x: usize, y: usize) -> u8 {
        self.bitmap[y * (self.width + 2 * BORDER) + x]
    }

    /// Pixels that are inside of the letter.
    fn inside(&self) -> usize {
        self.bitmap.iter().filter(|value| **value > EDGE).count()
    }
}

enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let head = varint(&mut bytes);
        match head & 7 {
            0 => found.push((head >> 3, Field::Number(varint(&mut bytes)))),
            2 => {
                let (value, rest) = {
                    let length = usize::try_from(varint(&mut bytes)).expect("short");
                    bytes.split_at(length)
                };
                found.push((head >> 3, Field::Bytes(value.to_vec())));
                bytes = rest;
            }
            other => panic!("wire type {other}"),
        }
    }
    found
}

/// Name, range and letters of a file.
fn decode(bytes: &[u8]) -> (String, String, BTreeMap<u32, Glyph>) {
    let stacks = fields(bytes);
    let [(1, Field::Bytes(stack))] = stacks.as_slice() else { panic!("one stack") };
    let (mut name, mut range, mut glyphs) = (String::new(), String::new(), BTreeMap::new());
    for (number, field) in fields(stack) {
        match (number, field) {
            (1, Field::Bytes(text)) => name = String::from_utf8(text).expect("text"),
            (2, Field::Bytes(text)) => range = String::from_utf8(text).expect("text"),
            (3, Field::Bytes(glyph)) => {
                let (mut id, mut read) = (0, Glyph::default());
                let signed = |value: u64| (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
                for (number, field) in fields(&glyph) {
                    match (number, field) {
                        (1, Field::Number(value)) => id = u32::try_from(value).expect("a code point"),
                        (2, Field::Bytes(bitmap)) => read.bitmap = bitmap,
                        (3, Field::Number(value)) => read.width = usize::try_from(value).expect("small"),
                        (4, Field::Number(value)) => read.height = usize::try_from(value).expect("small"),
                        (5, Field::Number(value)) => read.left = signed(value),
                        (6, Field::Number(value)) => read.top = signed(value),
                        (7, Field::Number(value)) => read.advance = value,
                        (other, _) => panic!("field {other} of a glyph"),
                    }
                }
                assert!(glyphs.insert(id, read).is_none(), "{id} is there twice");
            }
            (other, _) => panic!("field {other} of a stack"),
        }
    }
    (name, range, glyphs)
}

fn letters(stack: &str, range: &str) -> BTreeMap<u32, Glyph> {
    let answer = get(&region().url(&format!("/fonts/{stack}/{range}.pbf")));
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-protobuf"));
    let (_, told, glyphs) = decode(&answer.body);
    assert_eq!(told, range);
    glyphs
}

fn one(glyphs: &BTreeMap<u32, Glyph>, letter: char) -> &Glyph {
    glyphs.get(&u32::from(letter)).unwrap_or_else(|| panic!("no {letter}"))
}

#[test]
fn every_letter_of_french_is_there_and_its_field_has_the_size_it_says() {
    let (latin, more, signs) = (
        letters("DejaVu%20Sans", "0-255"),
        letters("DejaVu%20Sans", "256-511"),
        letters("DejaVu%20Sans", "8192-8447"),
    );
    for letter in
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789àâæçéèêëîïôùûüÿÀÂÆÇÉÈÊËÎÏÔÙÛÜ'-«»°²"
            .chars()
    {
        let glyph = one(&latin, letter);
        let size = (glyph.width + 2 * BORDER) * (glyph.height + 2 * BORDER);
        assert_eq!(glyph.bitmap.len(), size, "{letter}");
        assert!(glyph.inside() > 3 && glyph.advance > 4, "{letter}: {glyph:?}");
        // Nothing of the letter reaches into the border.
        let (wide, high) = (glyph.width + 2 * BORDER, glyph.height + 2 * BORDER);
        for x in 0..wide {
            for y in 0..high {
                let outside = x < BORDER || y < BORDER || x >= wide - BORDER || y >= high - BORDER;
                assert!(!outside || glyph.at(x, y) <= EDGE, "{letter} at {x}, {y}");
            }
        }
    }
    for letter in ['œ', 'Œ', 'Ÿ'] {
        assert!(one(&more, letter).inside() > 10, "{letter}");
    }
    for letter in ['’', '€', '–', '…'] {
        assert!(one(&signs, letter).inside() > 3, "{letter}");
    }
    // A space is as wide as it is and shows nothing; control characters are none.
    let space = one(&latin, ' ');
    assert!(space.bitmap.is_empty() && space.advance > 4 && space.width == 0);
    assert!(!latin.contains_key(&10));
}

#[test]
fn an_accent_stands_above_its_letter_and_bold_is_heavier() {
    let latin = letters("DejaVu%20Sans", "0-255");
    let (plain, accented) = (one(&latin, 'e'), one(&latin, 'é'));
    assert_eq!((plain.advance, plain.left, plain.width), (accented.advance, accented.left, accented.width));
    assert!(accented.top > plain.top && accented.height > plain.height);
    // Both stand on the same line.
    let foot = |glyph: &Glyph| glyph.top - i64::try_from(glyph.height).expect("small");
    assert_eq!(foot(plain), foot(accented));
    // The middle of capitals is the middle of the line, which MapLibre draws 17 pixels above the reference.
    let capital = one(&latin, 'E');
    let middle = capital.top + 17 - i64::try_from(capital.height).expect("small") / 2;
    assert!(middle.abs() <= 2, "{middle}");
    let bold = letters("DejaVu%20Sans%20Bold", "0-255");
    assert!(one(&bold, 'm').inside() > one(&latin, 'm').inside());
    assert!(one(&bold, 'm').advance > one(&latin, 'm').advance);
}

#[test]
fn distances_fall_by_an_eighth_of_the_range_a_pixel() {
    let latin = letters("DejaVu%20Sans", "0-255");
    // A bar is upright: across its middle the field rises and falls by 32 a pixel.
    let bar = one(&latin, '|');
    let row = (bar.height + 2 * BORDER) / 2;
    let values: Vec<i32> = (0..bar.width + 2 * BORDER).map(|x| i32::from(bar.at(x, row))).collect();
    let left: Vec<i32> = values.windows(2).take(BORDER - 1).map(|pair| pair[1] - pair[0]).collect();
    assert!(left.iter().all(|step| (31..=33).contains(step)), "{values:?}");
}

#[test]
fn letters_come_from_the_first_font_that_has_them() {
    // DejaVu Serif has no Arabic, DejaVu Sans has.
    let (serif, sans) = (letters("DejaVu%20Serif", "1536-1791"), letters("DejaVu%20Sans", "1536-1791"));
    assert_eq!(one(&serif, 'ا').bitmap, one(&sans, 'ا').bitmap);
    let (serif, sans) = (letters("DejaVu%20Serif,DejaVu%20Sans", "0-255"), letters("DejaVu%20Sans", "0-255"));
    assert_ne!(one(&serif, 'R').bitmap, one(&sans, 'R').bitmap);
}

#[test]
fn a_font_that_is_not_installed_is_replaced_and_the_answer_says_so() {
    let unknown = get(&region().url("/fonts/Helvetica%20Neue%20Bold,Nulle%20Part/0-255.pbf"));
    assert_eq!(unknown.status, 200);
    assert!(unknown.header("datasud-fonts").starts_with("DejaVu Sans Bold"), "{:?}", unknown.headers);
    let bold = get(&region().url("/fonts/DejaVu%20Sans%20Bold/0-255.pbf"));
    assert_eq!(bold.body, unknown.body);
}

#[test]
fn letters_are_kept_for_a_day_and_asked_for_by_their_tag() {
    let url = region().url("/fonts/DejaVu%20Sans/0-255.pbf");
    let answer = get(&url);
    assert_eq!(answer.header("cache-control"), "public, max-age=86400");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let tag = answer.header("etag").to_owned();
    assert_eq!(get_with(&url, &[("if-none-match", &tag)]).status, 304);
    assert_eq!(head(&url).status, 200);
    for scope in ["/org/crige", "/dataset/communes"] {
        assert_eq!(get(&region().url(&format!("{scope}/fonts/DejaVu%20Sans/0-255.pbf"))).body, answer.body);
    }
}

#[test]
fn wrong_ranges_and_endless_stacks_are_refused_with_a_sentence() {
    let endless = ["A"; 11].join(",");
    let long = "x".repeat(501);
    for (path, said) in [
        ("DejaVu%20Sans/0-256.pbf", "0-255"),
        ("DejaVu%20Sans/1-256.pbf", "0-255"),
        ("DejaVu%20Sans/65536-65791.pbf", "65280-65535"),
        ("DejaVu%20Sans/-.pbf", "'-'"),
        ("DejaVu%20Sans/%00-255.pbf", "range"),
        (&format!("{endless}/0-255.pbf"), "at most 10 names"),
        (&format!("{long}/0-255.pbf"), "500 characters"),
    ] {
        let answer = get(&region().url(&format!("/fonts/{path}")));
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.text().contains(said), "{path}: {}", answer.text());
    }
    assert_eq!(get(&region().url("/fonts/DejaVu%20Sans/0-255.png")).status, 404);
    // A range without letters is no error.
    assert!(letters("DejaVu%20Sans", "55296-55551").is_empty());
}

#[test]
fn the_list_has_names_that_are_served() {
    let answer = get(&region().url("/fonts.json"));
    let names: Vec<String> = answer
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|n| n.as_str().expect("a name").to_owned())
        .collect();
    assert!(names.iter().any(|n| n == "DejaVu Sans Bold"), "{names:?}");
    for name in names.iter().filter(|n| n.starts_with("DejaVu")) {
        let url = region().url(&format!("/fonts/{}/0-255.pbf", name.replace(' ', "%20")));
        let used = get(&url).header("datasud-fonts").to_owned();
        assert!(used.split(',').next() == Some(name.as_str()), "{name}: {used}");
    }
}
