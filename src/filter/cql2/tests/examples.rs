//! The constructs of all example filters of the standard (OGC 21-065r2, `schema/examples`), said of a region's own
//! data. Text and JSON of each must come to the same tree.

/// The example of the standard, the filter as text, the same as JSON.
pub(super) const EXAMPLES: &[(&str, &str, &str)] = &[
    ("clause6_01", "estOuvert(horaires)", r#"{"op":"estOuvert","args":[{"property":"horaires"}]}"#),
    ("clause6_02a", "commune='Arles'", r#"{"op":"=","args":[{"property":"commune"},"Arles"]}"#),
    (
        "clause6_02b",
        "moyenne(vent) < 4",
        r#"{"op":"<","args":[{"op":"moyenne","args":[{"property":"vent"}]},4]}"#,
    ),
    (
        "clause6_02c",
        "solde-150.0 > 0",
        r#"{"op":">","args":[{"op":"-","args":[{"property":"solde"},150.0]},0]}"#,
    ),
    (
        "clause6_02d",
        "modifie >= date('1970-01-01')",
        r#"{"op":">=","args":[{"property":"modifie"},{"date":"1970-01-01"}]}"#,
    ),
    (
        "clause6_03",
        "geom IS NOT NULL",
        r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"geom"}]}]}"#,
    ),
    ("clause7_01", "nom LIKE 'Mar%'", r#"{"op":"like","args":[{"property":"nom"},"Mar%"]}"#),
    (
        "clause7_02",
        "profondeur BETWEEN 100.0 and 150.0",
        r#"{"op":"between","args":[{"property":"profondeur"},100.0,150.0]}"#,
    ),
    (
        "clause7_03a",
        "ville IN ('Arles','Nice','Gap','Le Thor')",
        r#"{"op":"in","args":[{"property":"ville"},["Arles","Nice","Gap","Le Thor"]]}"#,
    ),
    (
        "clause7_03b",
        "categorie NOT IN (1,2,3,4)",
        r#"{"op":"not","args":[{"op":"in","args":[{"property":"categorie"},[1,2,3,4]]}]}"#,
    ),
    (
        "clause7_04, example26",
        "CASEI(voie) IN (CASEI('Οδος'),CASEI('Straße'))",
        r#"{"op":"in","args":[{"op":"casei","args":[{"property":"voie"}]},[{"op":"casei","args":["Οδος"]},{"op":"casei","args":["Straße"]}]]}"#,
    ),
    (
        "clause7_05, example27",
        "ACCENTI(etat) = ACCENTI('débárquér')",
        r#"{"op":"=","args":[{"op":"accenti","args":[{"property":"etat"}]},{"op":"accenti","args":["débárquér"]}]}"#,
    ),
    (
        "clause7_07",
        "S_INTERSECTS(geom,POINT(5.369836 43.288087))",
        r#"{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[5.369836,43.288087]}]}"#,
    ),
    (
        "clause7_10",
        "S_CROSSES(route,POLYGON((5.1 43.2, 5.4 43.2,\n 5.4 43.5, 5.1 43.2)))",
        r#"{"op":"s_crosses","args":[{"property":"route"},{"type":"Polygon","coordinates":[[[5.1,43.2],[5.4,43.2],[5.4,43.5],[5.1,43.2]]]}]}"#,
    ),
    (
        "clause7_12",
        "T_INTERSECTS(duree, INTERVAL('1969-07-16T05:32:00Z', '1969-07-24T16:50:35Z'))",
        r#"{"op":"t_intersects","args":[{"property":"duree"},{"interval":["1969-07-16T05:32:00Z","1969-07-24T16:50:35Z"]}]}"#,
    ),
    (
        "clause7_13, example22",
        "T_DURING(INTERVAL(debut, fin), INTERVAL('1969-07-16T13:32:00Z', '1969-07-24T16:50:35Z'))",
        r#"{"op":"t_during","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1969-07-16T13:32:00Z","1969-07-24T16:50:35Z"]}]}"#,
    ),
    (
        "clause7_15",
        "A_CONTAINS(theme:ids, ('eau','air'))",
        r#"{"op":"a_contains","args":[{"property":"theme:ids"},["eau","air"]]}"#,
    ),
    (
        "clause7_16",
        "S_CROSSES(LINESTRING(5.1 43.2, 5.3 43.4), POLYGON((5.1 43.2, 5.4 43.2, 5.4 43.5, 5.1 43.2)))",
        r#"{"op":"s_crosses","args":[{"type":"LineString","coordinates":[[5.1,43.2],[5.3,43.4]]},{"type":"Polygon","coordinates":[[[5.1,43.2],[5.4,43.2],[5.4,43.5],[5.1,43.2]]]}]}"#,
    ),
    (
        "clause7_17",
        "T_DURING(INTERVAL('1969-07-20T20:17:40Z', '1969-07-21T17:54:00Z'), INTERVAL('1969-07-16T13:32:00Z', '1969-07-24T16:50:35Z'))",
        r#"{"op":"t_during","args":[{"interval":["1969-07-20T20:17:40Z","1969-07-21T17:54:00Z"]},{"interval":["1969-07-16T13:32:00Z","1969-07-24T16:50:35Z"]}]}"#,
    ),
    (
        "clause7_18",
        "S_WITHIN(route,Tampon(geom,10,'m'))",
        r#"{"op":"s_within","args":[{"property":"route"},{"op":"Tampon","args":[{"property":"geom"},10,"m"]}]}"#,
    ),
    (
        "clause7_19",
        "hauteur > (gabarit-1)",
        r#"{"op":">","args":[{"property":"hauteur"},{"op":"-","args":[{"property":"gabarit"},1]}]}"#,
    ),
    ("example01", "ign:code = '13004X'", r#"{"op":"=","args":[{"property":"ign:code"},"13004X"]}"#),
    ("example02", "ign:capteur LIKE 'OLI%'", r#"{"op":"like","args":[{"property":"ign:capteur"},"OLI%"]}"#),
    (
        "example03",
        "ign:dept IN ('04','13','2A')",
        r#"{"op":"in","args":[{"property":"ign:dept"},["04","13","2A"]]}"#,
    ),
    (
        "example04",
        "eo:nuages < 0.1 AND ign:ligne=28 AND ign:colonne=203",
        r#"{"op":"and","args":[{"op":"<","args":[{"property":"eo:nuages"},0.1]},{"op":"=","args":[{"property":"ign:ligne"},28]},{"op":"=","args":[{"property":"ign:colonne"},203]}]}"#,
    ),
    (
        "example05a",
        "eo:nuages=0.1 OR eo:nuages=0.2",
        r#"{"op":"or","args":[{"op":"=","args":[{"property":"eo:nuages"},0.1]},{"op":"=","args":[{"property":"eo:nuages"},0.2]}]}"#,
    ),
    ("example05b", "eo:nuages IN (0.1,0.2)", r#"{"op":"in","args":[{"property":"eo:nuages"},[0.1,0.2]]}"#),
    (
        "example06a",
        "    eo:nuages BETWEEN 0.1 AND 0.2\nAND ign:ligne=28\nAND ign:colonne=203",
        r#"{"op":"and","args":[{"op":"between","args":[{"property":"eo:nuages"},0.1,0.2]},{"op":"=","args":[{"property":"ign:ligne"},28]},{"op":"=","args":[{"property":"ign:colonne"},203]}]}"#,
    ),
    (
        "example06b",
        "eo:nuages >= 0.1\nAND eo:nuages <= 0.2\nAND ign:ligne=28\nAND ign:colonne=203",
        r#"{"op":"and","args":[{"op":">=","args":[{"property":"eo:nuages"},0.1]},{"op":"<=","args":[{"property":"eo:nuages"},0.2]},{"op":"=","args":[{"property":"ign:ligne"},28]},{"op":"=","args":[{"property":"ign:colonne"},203]}]}"#,
    ),
    (
        "example07",
        "ign:capteur LIKE 'OLI%'\n AND S_INTERSECTS(emprise,POLYGON((5.1 43.2,\n 5.4 43.2,\n 5.4 43.5,\n 5.1 43.2)))",
        r#"{"op":"and","args":[{"op":"like","args":[{"property":"ign:capteur"},"OLI%"]},{"op":"s_intersects","args":[{"property":"emprise"},{"type":"Polygon","coordinates":[[[5.1,43.2],[5.4,43.2],[5.4,43.5],[5.1,43.2]]]}]}]}"#,
    ),
    (
        "example08",
        "mode='Étroit' AND sens='montant'\nAND polarisation='HH+VV+HV+VH'\nAND s_intersects(emprise,POLYGON((-5.1 43.2, 5.4 43.2, 5.4 43.5, -5.1 43.2)))",
        r#"{"op":"and","args":[{"op":"=","args":[{"property":"mode"},"Étroit"]},{"op":"=","args":[{"property":"sens"},"montant"]},{"op":"=","args":[{"property":"polarisation"},"HH+VV+HV+VH"]},{"op":"s_intersects","args":[{"property":"emprise"},{"type":"Polygon","coordinates":[[[-5.1,43.2],[5.4,43.2],[5.4,43.5],[-5.1,43.2]]]}]}]}"#,
    ),
    ("example09", "etages>5", r#"{"op":">","args":[{"property":"etages"},5]}"#),
    ("example10", "taxe <= 500", r#"{"op":"<=","args":[{"property":"taxe"},500]}"#),
    (
        "example11",
        "proprietaire LIKE '%Mistral%'",
        r#"{"op":"like","args":[{"property":"proprietaire"},"%Mistral%"]}"#,
    ),
    ("example12", "proprietaire LIKE 'Mis%'", r#"{"op":"like","args":[{"property":"proprietaire"},"Mis%"]}"#),
    (
        "example13",
        "proprietaire NOT LIKE '%Mis%'",
        r#"{"op":"not","args":[{"op":"like","args":[{"property":"proprietaire"},"%Mis%"]}]}"#,
    ),
    ("example14", "piscine = true", r#"{"op":"=","args":[{"property":"piscine"},true]}"#),
    (
        "example15",
        "etages>5 AND piscine=true",
        r#"{"op":"and","args":[{"op":">","args":[{"property":"etages"},5]},{"op":"=","args":[{"property":"piscine"},true]}]}"#,
    ),
    (
        "example16",
        "piscine=true AND (etages>5\n OR  murs LIKE 'pierre%'\n OR  murs LIKE '%pierre')",
        r#"{"op":"and","args":[{"op":"=","args":[{"property":"piscine"},true]},{"op":"or","args":[{"op":">","args":[{"property":"etages"},5]},{"op":"like","args":[{"property":"murs"},"pierre%"]},{"op":"like","args":[{"property":"murs"},"%pierre"]}]}]}"#,
    ),
    (
        "example17",
        "(etages>5 AND murs='pierre') OR piscine=true",
        r#"{"op":"or","args":[{"op":"and","args":[{"op":">","args":[{"property":"etages"},5]},{"op":"=","args":[{"property":"murs"},"pierre"]}]},{"op":"=","args":[{"property":"piscine"},true]}]}"#,
    ),
    (
        "example18",
        "NOT (etages<5) OR piscine=true",
        r#"{"op":"or","args":[{"op":"not","args":[{"op":"<","args":[{"property":"etages"},5]}]},{"op":"=","args":[{"property":"piscine"},true]}]}"#,
    ),
    (
        "example19",
        "(nom LIKE 'mis%' OR nom LIKE 'Mis%') AND etages<4",
        r#"{"op":"and","args":[{"op":"or","args":[{"op":"like","args":[{"property":"nom"},"mis%"]},{"op":"like","args":[{"property":"nom"},"Mis%"]}]},{"op":"<","args":[{"property":"etages"},4]}]}"#,
    ),
    (
        "example20",
        "T_BEFORE(bati, DATE('2015-01-01'))",
        r#"{"op":"t_before","args":[{"property":"bati"},{"date":"2015-01-01"}]}"#,
    ),
    (
        "example21",
        "T_AFTER(bati,DATE('2012-06-05'))",
        r#"{"op":"t_after","args":[{"property":"bati"},{"date":"2012-06-05"}]}"#,
    ),
    (
        "example23",
        "S_WITHIN(lieu,BBOX(-118,33.8,-117.9,34))",
        r#"{"op":"s_within","args":[{"property":"lieu"},{"bbox":[-118,33.8,-117.9,34]}]}"#,
    ),
    (
        "example24",
        "S_INTERSECTS(geom,POLYGON((-10.0 -10.0,10.0 -10.0,10.0 10.0,-10.0 -10.0)))",
        r#"{"op":"s_intersects","args":[{"property":"geom"},{"type":"Polygon","coordinates":[[[-10,-10],[10,-10],[10,10],[-10,-10]]]}]}"#,
    ),
    (
        "example25",
        "etages>5 AND S_WITHIN(geom,BBOX(-118,33.8,-117.9,34))",
        r#"{"op":"and","args":[{"op":">","args":[{"property":"etages"},5]},{"op":"s_within","args":[{"property":"geom"},{"bbox":[-118,33.8,-117.9,34]}]}]}"#,
    ),
    (
        "example28",
        "CASEI(geo:NOM_LEVE) LIKE CASEI('%camargue%')",
        r#"{"op":"like","args":[{"op":"casei","args":[{"property":"geo:NOM_LEVE"}]},{"op":"casei","args":["%camargue%"]}]}"#,
    ),
    (
        "example29",
        "\"id\" = 'fa7e1920-9107-422d'",
        r#"{"op":"=","args":[{"property":"id"},"fa7e1920-9107-422d"]}"#,
    ),
    (
        "example30",
        "\"id\" <> 'fa7e1920-9107-422d'",
        r#"{"op":"<>","args":[{"property":"id"},"fa7e1920-9107-422d"]}"#,
    ),
    ("example31", "\"valeur\" < 10", r#"{"op":"<","args":[{"property":"valeur"},10]}"#),
    ("example32", "\"valeur\" > 10", r#"{"op":">","args":[{"property":"valeur"},10]}"#),
    ("example33", "\"valeur\" <= 10", r#"{"op":"<=","args":[{"property":"valeur"},10]}"#),
    ("example34", "\"valeur\" >= 10", r#"{"op":">=","args":[{"property":"valeur"},10]}"#),
    ("example35", "\"nom\" LIKE 'foo%'", r#"{"op":"like","args":[{"property":"nom"},"foo%"]}"#),
    (
        "example36-alt01",
        "\"nom\" NOT LIKE 'foo%'",
        r#"{"op":"not","args":[{"op":"like","args":[{"property":"nom"},"foo%"]}]}"#,
    ),
    (
        "example36",
        "NOT \"nom\" LIKE 'foo%'",
        r#"{"op":"not","args":[{"op":"like","args":[{"property":"nom"},"foo%"]}]}"#,
    ),
    ("example37", "\"valeur\" BETWEEN 10 AND 20", r#"{"op":"between","args":[{"property":"valeur"},10,20]}"#),
    (
        "example38-alt01",
        "\"valeur\" NOT BETWEEN 10 AND 20",
        r#"{"op":"not","args":[{"op":"between","args":[{"property":"valeur"},10,20]}]}"#,
    ),
    (
        "example38",
        "NOT \"valeur\" BETWEEN 10 AND 20",
        r#"{"op":"not","args":[{"op":"between","args":[{"property":"valeur"},10,20]}]}"#,
    ),
    (
        "example39",
        "\"valeur\" IN (1.0, 2.0, 3.0)",
        r#"{"op":"in","args":[{"property":"valeur"},[1.0,2.0,3.0]]}"#,
    ),
    (
        "example40-alt01",
        "\"valeur\" NOT IN ('a', 'b', 'c')",
        r#"{"op":"not","args":[{"op":"in","args":[{"property":"valeur"},["a","b","c"]]}]}"#,
    ),
    (
        "example40",
        "NOT \"valeur\" IN ('a', 'b', 'c')",
        r#"{"op":"not","args":[{"op":"in","args":[{"property":"valeur"},["a","b","c"]]}]}"#,
    ),
    ("example41", "\"valeur\" IS NULL", r#"{"op":"isNull","args":[{"property":"valeur"}]}"#),
    (
        "example42-alt01",
        "\"valeur\" IS NOT NULL",
        r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"valeur"}]}]}"#,
    ),
    (
        "example42",
        "NOT \"valeur\" IS NULL",
        r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"valeur"}]}]}"#,
    ),
    (
        "example43-alt01",
        "\"nom\" NOT LIKE 'foo%' AND \"valeur\" > 10",
        r#"{"op":"and","args":[{"op":"not","args":[{"op":"like","args":[{"property":"nom"},"foo%"]}]},{"op":">","args":[{"property":"valeur"},10]}]}"#,
    ),
    (
        "example43",
        "(NOT \"nom\" LIKE 'foo%' AND \"valeur\" > 10)",
        r#"{"op":"and","args":[{"op":"not","args":[{"op":"like","args":[{"property":"nom"},"foo%"]}]},{"op":">","args":[{"property":"valeur"},10]}]}"#,
    ),
    (
        "example44-alt01",
        "\"valeur\" IS NULL OR \"valeur\" BETWEEN 10 AND 20",
        r#"{"op":"or","args":[{"op":"isNull","args":[{"property":"valeur"}]},{"op":"between","args":[{"property":"valeur"},10,20]}]}"#,
    ),
    (
        "example44",
        "(\"valeur\" IS NULL OR \"valeur\" BETWEEN 10 AND 20)",
        r#"{"op":"or","args":[{"op":"isNull","args":[{"property":"valeur"}]},{"op":"between","args":[{"property":"valeur"},10,20]}]}"#,
    ),
    (
        "example45",
        "S_INTERSECTS(\"geom\", BBOX(-128.098193, -1.1, -99999.0, 180.0, 90.0, 100000.0))",
        r#"{"op":"s_intersects","args":[{"property":"geom"},{"bbox":[-128.098193,-1.1,-99999.0,180.0,90.0,100000.0]}]}"#,
    ),
    (
        "example46-alt01",
        "S_EQUALS(\n    POLYGON (\n        (-0.333333 89.0, -102.723546 -0.5, -0.0 89.0, -0.333333 89.0)\n    ),\n    \"geom\"\n)",
        r#"{"op":"s_equals","args":[{"type":"Polygon","coordinates":[[[-0.333333,89.0],[-102.723546,-0.5],[-0.0,89.0],[-0.333333,89.0]]]},{"property":"geom"}]}"#,
    ),
    (
        "example46",
        "S_EQUALS(POLYGON ((-0.333333 89.0, -102.723546 -0.5, -0.0 89.0, -0.333333 89.0)), \"geom\")",
        r#"{"op":"s_equals","args":[{"type":"Polygon","coordinates":[[[-0.333333,89.0],[-102.723546,-0.5],[-0.0,89.0],[-0.333333,89.0]]]},{"property":"geom"}]}"#,
    ),
    (
        "example47",
        "S_DISJOINT(\"geom\", MULTIPOLYGON (((144.022387 45.176126, -1.1 0.0, 180.0 47.808086, 144.022387 45.176126))))",
        r#"{"op":"s_disjoint","args":[{"property":"geom"},{"type":"MultiPolygon","coordinates":[[[[144.022387,45.176126],[-1.1,0.0],[180.0,47.808086],[144.022387,45.176126]]]]}]}"#,
    ),
    (
        "example48",
        "S_TOUCHES(\"geom\", MULTILINESTRING ((-1.9 -0.99999, 75.292574 1.5, 179.0 -90.0),(-1.9 -1.1, 1.5 8.547371)))",
        r#"{"op":"s_touches","args":[{"property":"geom"},{"type":"MultiLineString","coordinates":[[[-1.9,-0.99999],[75.292574,1.5],[179.0,-90.0]],[[-1.9,-1.1],[1.5,8.547371]]]}]}"#,
    ),
    (
        "example49-alt01",
        "S_WITHIN(POLYGON ((-49.8 0.5 -75993.3, -1.5 -0.9 -1e5, 0.0 0.5 -0.3, -49.8 0.5 -75993.3), (-65.8 2.0 -1e5, 0.3 -53.0 -79471.3, 180.0 0.0 1852.6, -65.8 2.0 -1e5)), \"geom\")",
        r#"{"op":"s_within","args":[{"type":"Polygon","coordinates":[[[-49.8,0.5,-75993.3],[-1.5,-0.9,-1e5],[0.0,0.5,-0.3],[-49.8,0.5,-75993.3]],[[-65.8,2.0,-1e5],[0.3,-53.0,-79471.3],[180.0,0.0,1852.6],[-65.8,2.0,-1e5]]]},{"property":"geom"}]}"#,
    ),
    (
        "example49",
        "S_WITHIN(POLYGON Z ((-49.8 0.5 -75993.3, -1.5 -0.9 -1e5, 0.0 0.5 -0.3, -49.8 0.5 -75993.3)), \"geom\")",
        r#"{"op":"s_within","args":[{"type":"Polygon","coordinates":[[[-49.8,0.5,-75993.3],[-1.5,-0.9,-1e5],[0.0,0.5,-0.3],[-49.8,0.5,-75993.3]]]},{"property":"geom"}]}"#,
    ),
    (
        "example50",
        "S_OVERLAPS(\"geom\", BBOX(-179.912109, 1.9, 180.0, 16.897016))",
        r#"{"op":"s_overlaps","args":[{"property":"geom"},{"bbox":[-179.912109,1.9,180.0,16.897016]}]}"#,
    ),
    (
        "example51",
        "S_CROSSES(\"geom\", LINESTRING (172.03086 1.5, 1.1 -90.0, -159.757695 0.99999, -155.93831 90.0))",
        r#"{"op":"s_crosses","args":[{"property":"geom"},{"type":"LineString","coordinates":[[172.03086,1.5],[1.1,-90.0],[-159.757695,0.99999],[-155.93831,90.0]]}]}"#,
    ),
    (
        "example52",
        "S_CONTAINS(\"geom\", POINT (-3.508362 -1.754181))",
        r#"{"op":"s_contains","args":[{"property":"geom"},{"type":"Point","coordinates":[-3.508362,-1.754181]}]}"#,
    ),
    (
        "example53",
        "T_AFTER(\"modifie\", DATE('2010-02-10'))",
        r#"{"op":"t_after","args":[{"property":"modifie"},{"date":"2010-02-10"}]}"#,
    ),
    (
        "example54-alt01",
        "T_BEFORE(modifie, TIMESTAMP('2012-08-10T05:30:00Z'))",
        r#"{"op":"t_before","args":[{"property":"modifie"},{"timestamp":"2012-08-10T05:30:00Z"}]}"#,
    ),
    (
        "example54",
        "T_BEFORE(\"modifie\", TIMESTAMP('2012-08-10T05:30:00.000000Z'))",
        r#"{"op":"t_before","args":[{"property":"modifie"},{"timestamp":"2012-08-10T05:30:00Z"}]}"#,
    ),
    (
        "example55, example55-alt01",
        "T_CONTAINS(INTERVAL('2000-01-01T00:00:00.000000Z', '2005-01-10T01:01:01.393216Z'), INTERVAL(debut, fin))",
        r#"{"op":"t_contains","args":[{"interval":["2000-01-01T00:00:00Z","2005-01-10T01:01:01.393216Z"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example56",
        "T_DISJOINT(INTERVAL('..', '2005-01-10T01:01:01.393216Z'), INTERVAL(debut, fin))",
        r#"{"op":"t_disjoint","args":[{"interval":["..","2005-01-10T01:01:01.393216Z"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example57",
        "T_DURING(INTERVAL(debut, fin), INTERVAL('2005-01-10', '2010-02-10'))",
        r#"{"op":"t_during","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["2005-01-10","2010-02-10"]}]}"#,
    ),
    (
        "example58",
        "T_EQUALS(\"modifie\", DATE('1851-04-29'))",
        r#"{"op":"t_equals","args":[{"property":"modifie"},{"date":"1851-04-29"}]}"#,
    ),
    (
        "example59",
        "T_FINISHEDBY(INTERVAL(debut, fin), INTERVAL('1991-10-07T08:21:06.393262Z', '2010-02-10T05:29:20.073225Z'))",
        r#"{"op":"t_finishedBy","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1991-10-07T08:21:06.393262Z","2010-02-10T05:29:20.073225Z"]}]}"#,
    ),
    (
        "example60",
        "T_FINISHES(INTERVAL(debut, fin), INTERVAL('1991-10-07', '2010-02-10T05:29:20.073225Z'))",
        r#"{"op":"t_finishes","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1991-10-07","2010-02-10T05:29:20.073225Z"]}]}"#,
    ),
    (
        "example61",
        "T_INTERSECTS(INTERVAL(debut, fin), INTERVAL('1991-10-07T08:21:06.393262Z', '2010-02-10T05:29:20.073225Z'))",
        r#"{"op":"t_intersects","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1991-10-07T08:21:06.393262Z","2010-02-10T05:29:20.073225Z"]}]}"#,
    ),
    (
        "example62",
        "T_MEETS(INTERVAL('2005-01-10', '2010-02-10'), INTERVAL(debut, fin))",
        r#"{"op":"t_meets","args":[{"interval":["2005-01-10","2010-02-10"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example63",
        "T_METBY(INTERVAL('2010-02-10T05:29:20.073225Z', '2010-10-07'), INTERVAL(debut, fin))",
        r#"{"op":"t_metBy","args":[{"interval":["2010-02-10T05:29:20.073225Z","2010-10-07"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example64",
        "T_OVERLAPPEDBY(INTERVAL('1991-10-07T08:21:06Z', '2010-02-10T05:29:20Z'), INTERVAL(debut, fin))",
        r#"{"op":"t_overlappedBy","args":[{"interval":["1991-10-07T08:21:06Z","2010-02-10T05:29:20Z"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example65",
        "T_OVERLAPS(INTERVAL(debut, fin), INTERVAL('1991-10-07T08:21:06Z', '1992-10-09T08:08:08Z'))",
        r#"{"op":"t_overlaps","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1991-10-07T08:21:06Z","1992-10-09T08:08:08Z"]}]}"#,
    ),
    (
        "example66",
        "T_STARTEDBY(INTERVAL('1991-10-07T08:21:06Z', '2010-02-10T05:29:20Z'), INTERVAL(debut, fin))",
        r#"{"op":"t_startedBy","args":[{"interval":["1991-10-07T08:21:06Z","2010-02-10T05:29:20Z"]},{"interval":[{"property":"debut"},{"property":"fin"}]}]}"#,
    ),
    (
        "example67",
        "T_STARTS(INTERVAL(debut, fin), INTERVAL('1991-10-07T08:21:06.393262Z', '..'))",
        r#"{"op":"t_starts","args":[{"interval":[{"property":"debut"},{"property":"fin"}]},{"interval":["1991-10-07T08:21:06.393262Z",".."]}]}"#,
    ),
    (
        "example68",
        "Foo(\"geom\") = TRUE",
        r#"{"op":"=","args":[{"op":"Foo","args":[{"property":"geom"}]},true]}"#,
    ),
    (
        "example69",
        "FALSE <> Bar(\"geom\", 100, 'a', 'b', FALSE)",
        r#"{"op":"<>","args":[false,{"op":"Bar","args":[{"property":"geom"},100,"a","b",false]}]}"#,
    ),
    (
        "example70",
        "ACCENTI(\"nom\") = ACCENTI('Be\u{301}ziers')",
        r#"{"op":"=","args":[{"op":"accenti","args":[{"property":"nom"}]},{"op":"accenti","args":["Be\u0301ziers"]}]}"#,
    ),
    (
        "example71",
        "CASEI(\"nom\") = CASEI('quelqu''un')",
        r#"{"op":"=","args":[{"op":"casei","args":[{"property":"nom"}]},{"op":"casei","args":["quelqu'un"]}]}"#,
    ),
    (
        "example72",
        "\"valeur\" > (\"foo\" + 10)",
        r#"{"op":">","args":[{"property":"valeur"},{"op":"+","args":[{"property":"foo"},10]}]}"#,
    ),
    (
        "example73",
        "\"valeur\" < (\"foo\" - 10)",
        r#"{"op":"<","args":[{"property":"valeur"},{"op":"-","args":[{"property":"foo"},10]}]}"#,
    ),
    (
        "example74",
        "\"valeur\" <> (22.1 * \"foo\")",
        r#"{"op":"<>","args":[{"property":"valeur"},{"op":"*","args":[22.1,{"property":"foo"}]}]}"#,
    ),
    (
        "example75",
        "\"valeur\" = (2 / \"foo\")",
        r#"{"op":"=","args":[{"property":"valeur"},{"op":"/","args":[2,{"property":"foo"}]}]}"#,
    ),
    (
        "example76",
        "\"valeur\" <= (2 ^ \"foo\")",
        r#"{"op":"<=","args":[{"property":"valeur"},{"op":"^","args":[2,{"property":"foo"}]}]}"#,
    ),
    ("example77", "0 = (\"foo\" % 2)", r#"{"op":"=","args":[0,{"op":"%","args":[{"property":"foo"},2]}]}"#),
    (
        "example78",
        "1 = (\"foo\" div 2)",
        r#"{"op":"=","args":[1,{"op":"div","args":[{"property":"foo"},2]}]}"#,
    ),
    (
        "example79",
        "A_CONTAINEDBY(\"valeurs\", ('a', 'b', 'c'))",
        r#"{"op":"a_containedBy","args":[{"property":"valeurs"},["a","b","c"]]}"#,
    ),
    (
        "example80",
        "A_CONTAINS(\"valeurs\", ('a', 'b', 'c'))",
        r#"{"op":"a_contains","args":[{"property":"valeurs"},["a","b","c"]]}"#,
    ),
    (
        "example81",
        "A_EQUALS(('a', TRUE, 1.0, 8), \"valeurs\")",
        r#"{"op":"a_equals","args":[["a",true,1.0,8],{"property":"valeurs"}]}"#,
    ),
    (
        "example82",
        "A_OVERLAPS(\"valeurs\", (TIMESTAMP('2012-08-10T05:30:00.000000Z'), DATE('2010-02-10'), FALSE))",
        r#"{"op":"a_overlaps","args":[{"property":"valeurs"},[{"timestamp":"2012-08-10T05:30:00Z"},{"date":"2010-02-10"},false]]}"#,
    ),
    (
        "example83",
        "S_EQUALS(MULTIPOINT ((180.0 -0.5), (179.0 -47.121701), (180.0 -0.0)), \"geom\")",
        r#"{"op":"s_equals","args":[{"type":"MultiPoint","coordinates":[[180.0,-0.5],[179.0,-47.121701],[180.0,-0.0]]},{"property":"geom"}]}"#,
    ),
    (
        "example84",
        "S_EQUALS(GEOMETRYCOLLECTION (POINT (1.9 2.00001), POINT (0.0 -2.00001), MULTILINESTRING ((-2.00001 -0.0, -77.292642 -0.5)), LINESTRING (179.0 1.179148, 0.5 0.333333)), \"geom\")",
        r#"{"op":"s_equals","args":[{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.9,2.00001]},{"type":"Point","coordinates":[0.0,-2.00001]},{"type":"MultiLineString","coordinates":[[[-2.00001,-0.0],[-77.292642,-0.5]]]},{"type":"LineString","coordinates":[[179.0,1.179148],[0.5,0.333333]]}]},{"property":"geom"}]}"#,
    ),
    (
        "example85-alt01",
        "valeur = - foo * 2.0 + \"bar\" / 6.1234 - \"x\" ^ 2.0",
        r#"{"op":"=","args":[{"property":"valeur"},{"op":"-","args":[{"op":"+","args":[{"op":"*","args":[{"op":"*","args":[-1,{"property":"foo"}]},2.0]},{"op":"/","args":[{"property":"bar"},6.1234]}]},{"op":"^","args":[{"property":"x"},2.0]}]}]}"#,
    ),
    (
        "example85",
        "\"valeur\" = ((((-1 * \"foo\") * 2.0) + (\"bar\" / 6.1234)) - (\"x\" ^ 2.0))",
        r#"{"op":"=","args":[{"property":"valeur"},{"op":"-","args":[{"op":"+","args":[{"op":"*","args":[{"op":"*","args":[-1,{"property":"foo"}]},2.0]},{"op":"/","args":[{"property":"bar"},6.1234]}]},{"op":"^","args":[{"property":"x"},2.0]}]}]}"#,
    ),
    (
        "example86",
        "\"nom\" LIKE CASEI('FOO%')",
        r#"{"op":"like","args":[{"property":"nom"},{"op":"casei","args":["FOO%"]}]}"#,
    ),
];
