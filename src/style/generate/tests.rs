//! Generated styles: their classes, colours and rests.

use super::*;

fn wanted(palette: &'static str, classes: usize) -> Wanted<'static> {
    Wanted {
        column: "genre",
        classes,
        palette: Palette::named(palette).expect(palette),
        reversed: false,
        geometry: GeometryType::MultiPolygon,
        rest: ["Autres", "Sans valeur"],
    }
}

fn text(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|v| Some((*v).to_owned()).filter(|v| !v.is_empty())).collect()
}

fn titles(style: &Style) -> Vec<&str> {
    style.rules().map(Rule::label).collect()
}

#[test]
fn the_most_frequent_values_have_colours_and_the_rest_has_one() {
    let values = text(&["b", "a", "b", "c", "b", "a", "d"]);
    let style = categorized(wanted("okabe-ito", 2), values.clone()).expect("made");
    assert_eq!(titles(&style), ["b", "a", "Autres"]);
    assert!(style.rules().last().is_some_and(|r| r.otherwise));
    let all = categorized(wanted("viridis", 20), values).expect("made");
    assert_eq!(titles(&all), ["b", "a", "c", "d"]);
    let some = categorized(wanted("okabe-ito", 5), text(&["a", "", "a"])).expect("made");
    assert_eq!(titles(&some), ["a", "Sans valeur"]);
}

#[test]
fn classes_of_numbers_are_open_at_their_ends() {
    let style = graduated(wanted("blues", 3), Method::Equal, [Some(0.0), Some(30.0), None]).expect("made");
    assert_eq!(titles(&style), ["0 – 10", "10 – 20", "20 – 30", "Sans valeur"]);
    let tests: Vec<usize> = style
        .rules()
        .filter_map(|r| match &r.filter {
            Some(Filter::Compare { .. }) => Some(1),
            Some(Filter::And(both)) => Some(both.len()),
            _ => None,
        })
        .collect();
    assert_eq!(tests, [1, 2, 1]);
    let one = graduated(wanted("blues", 3), Method::Jenks, [Some(7.0)]).expect("made");
    assert_eq!(titles(&one), ["7 – 7"]);
}

#[test]
fn what_can_not_be_told_apart_is_an_error_that_names_it() {
    assert_eq!(
        categorized(wanted("viridis", 3), text(&["", ""])),
        Err(GenerateError::NoValues("genre".into()))
    );
    assert_eq!(
        graduated(wanted("viridis", 3), Method::Equal, [None]),
        Err(GenerateError::NoValues("genre".into()))
    );
    let many: Vec<Option<String>> = (0..10).map(|i| Some(i.to_string())).collect();
    let error = categorized(wanted("tol-bright", 10), many).expect_err("too few");
    assert!(error.to_string().contains("'tol-bright' has 6 colours"), "{error}");
}

#[test]
fn palettes_have_so_many_colours_and_run_both_ways() {
    for palette in &PALETTES {
        let four = palette.colors(4, false).expect("colours");
        let mut back = palette.colors(4, true).expect("colours");
        back.reverse();
        assert_eq!(four, back, "{}", palette.name);
        let distinct: std::collections::HashSet<_> = four.iter().collect();
        assert_eq!(distinct.len(), 4, "{}", palette.name);
        assert_eq!(Palette::named(&palette.name.to_uppercase()), Some(palette));
    }
    let ends = Palette::named("viridis").and_then(|p| p.colors(2, false)).expect("two");
    assert_eq!(ends.iter().map(|c| c.hex()).collect::<Vec<_>>(), ["#440154", "#fde725"]);
    assert_eq!(Palette::named("set2").and_then(|p| p.colors(30, false)), None);
    assert_eq!(Palette::named("rainbow"), None);
}
