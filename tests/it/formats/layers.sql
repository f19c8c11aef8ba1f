-- A dataset whose layers hold what formats stumble over.
insert into datasud.organisation (slug, title, prefix, namespace)
values ('essais', 'Essais', 'essais', 'http://example.org/essais');
insert into datasud.dataset (organisation_id, slug, title, description, record)
select id, 'formats', 'Jeu d''essai « formats » & <autres>', 'Décrit "tout"', gen_random_uuid()
from datasud.organisation where slug = 'essais';

-- Every type, with values at their ends, and texts of every kind.
create table data.valeurs__v1 (
    fid bigint primary key, nom text, "quantité" integer, grand bigint, mesure double precision, prix numeric,
    ouvert boolean, jour date, heure time, instant timestamptz, liste jsonb, octets bytea,
    geom geometry(Point, 2154));
insert into data.valeurs__v1 values
    (1, 'Aix-en-Provence', 12, 9007199254740993, 0.1, 12.50, true, '2024-02-29', '06:07:08', '2024-02-29T12:34:56Z',
     '{"a": [1, "é"]}', '\x00ff10', 'SRID=2154;POINT(892390.225 6247035.5)'),
    (2, 'dit "le Vieux", l''été', -2147483648, -9223372036854775808, -1.5e-7, -0.001, false, '1899-12-31', '23:59:59',
     '1969-12-31T23:59:59Z', '[]', '\x', 'SRID=2154;POINT(900000 6250000)'),
    (3, E'deux\nlignes\tet <b>&amp;</b>', 2147483647, 9223372036854775807, 1e300, 123456789012345678901234567890.123456,
     null, '0987-01-02', null, '2024-02-29T12:34:56.789Z', 'null', null, 'SRID=2154;POINT EMPTY'),
    (4, '=SOMME(A1:A9)', 0, 0, 0, 0, true, '9999-12-31', '00:00:00', '2100-01-01T00:00:00Z', '"texte"', '\x61', null),
    (5, null, null, null, null, null, null, null, null, null, null, null, 'SRID=2154;POINT(700000.125 6600000.25)'),
    (7, '', 1, 1, 1, 1.0, false, '2000-01-01', '12:00:00', '2000-01-01T00:00:00Z', '{}', '\x41',
     'SRID=2154;POINT(890000 6240000)'),
    (9007199254740995, repeat('longue phrase, ', 30) || '😀', 5, 5, 2.5, 5.25, true, '2024-01-01', '01:02:03',
     '2024-01-01T00:00:00Z', '{"k": 1}', '\x42', 'SRID=2154;POINT(890001 6240001)');

-- Parts, holes and a text that no cell of a spreadsheet holds.
create table data.surfaces__v1 (fid bigint primary key, nom text, geom geometry(MultiPolygon, 2154));
insert into data.surfaces__v1 values
    (1, 'trouée', 'SRID=2154;MULTIPOLYGON(((880000 6240000, 890000 6240000, 890000 6250000, 880000 6250000, 880000 6240000),
        (881000 6241000, 881000 6242000, 882000 6242000, 882000 6241000, 881000 6241000)),
        ((900000 6240000, 901000 6240000, 901000 6241000, 900000 6240000)))'),
    (2, 'vide', 'SRID=2154;MULTIPOLYGON EMPTY'),
    (3, 'absente', null),
    (4, repeat('x', 40000), ST_Multi(ST_Buffer('SRID=2154;POINT(890000 6245000)'::geometry, 500, 400)));

-- Any type in one column.
create table data.melange__v1 (fid bigint primary key, nom text, geom geometry(Geometry, 2154));
insert into data.melange__v1 values
    (1, 'point', 'SRID=2154;POINT(890000 6245000)'),
    (2, 'points', 'SRID=2154;MULTIPOINT((890000 6245000), (891000 6246000))'),
    (3, 'ligne', 'SRID=2154;LINESTRING(890000 6245000, 891000 6246000, 892000 6245000)'),
    (4, 'lignes', 'SRID=2154;MULTILINESTRING((890000 6245000, 891000 6246000), (892000 6245000, 893000 6245000))'),
    (5, 'surface', 'SRID=2154;POLYGON((890000 6245000, 891000 6245000, 891000 6246000, 890000 6245000))'),
    (6, 'tout', 'SRID=2154;GEOMETRYCOLLECTION(POINT(890000 6245000), LINESTRING(890000 6245000, 891000 6246000))'),
    (7, 'rien', null);

create table data.hauteurs__v1 (fid bigint primary key, nom text, geom geometry(LineStringZ, 2154));
insert into data.hauteurs__v1 values
    (1, 'crête', 'SRID=2154;LINESTRING Z(890000 6245000 1011.5, 891000 6246000 1008.25)'),
    (2, 'mer', 'SRID=2154;LINESTRING Z(890000 6235000 0, 891000 6236000 -2.5)');

create table data.sommets__v1 (fid bigint primary key, x text, geom geometry(PointZ, 2154));
insert into data.sommets__v1 values (1, 'Sainte-Victoire', 'SRID=2154;POINT Z(910000 6273000 1011.5)');

create table data.vide__v1 (fid bigint primary key, nom text, debut date, geom geometry(MultiPolygon, 2154));
create table data.rien__v1 (fid bigint primary key, nom text, geom geometry(Geometry, 2154));

-- Three hundred columns, whose names differ beyond the tenth letter or in their case alone.
do $$
begin
    execute 'create table data.large__v1 (fid bigint primary key, "Nom" text, nom text, "NOM" text, '
        || (select string_agg(format('colonne_numero_%s integer', n), ', ' order by n) from generate_series(1, 297) n)
        || ', geom geometry(Point, 2154))';
    execute 'insert into data.large__v1 select f, ''N'', ''n'', ''NN'', '
        || (select string_agg(format('f * 1000 + %s', n), ', ' order by n) from generate_series(1, 297) n)
        || ', ST_SetSRID(ST_Point(890000 + f, 6245000), 2154) from generate_series(1, 3) f';
end $$;

insert into datasud.layer (dataset_id, position, slug, title, table_name, geometry, has_z, srid, columns, features,
    extent, extent_lonlat)
select d.id, l.position, l.slug, l.title, l.slug || '__v1', l.geometry, l.has_z, 2154,
    (select coalesce(jsonb_agg(jsonb_build_object('name', c.column_name, 'type', case c.data_type
            when 'text' then 'text' when 'integer' then 'integer' when 'bigint' then 'biginteger'
            when 'double precision' then 'real' when 'numeric' then 'decimal' when 'boolean' then 'boolean'
            when 'date' then 'date' when 'time without time zone' then 'time'
            when 'timestamp with time zone' then 'timestamp' when 'jsonb' then 'json' when 'bytea' then 'binary' end)
        order by c.ordinal_position), '[]')
     from information_schema.columns c
     where c.table_schema = 'data' and c.table_name = l.slug || '__v1' and c.column_name not in ('fid', 'geom')),
    l.features, '{700000, 6230000, 910000, 6600000}', '{3, 43, 6, 47}'
from datasud.dataset d, (values
    (1, 'valeurs', 'Valeurs', 'Point', false, 7), (2, 'surfaces', 'Surfaces', 'MultiPolygon', false, 4),
    (3, 'melange', 'Mélange', 'Geometry', false, 7), (4, 'hauteurs', 'Hauteurs', 'LineString', true, 2),
    (5, 'sommets', 'Sommets', 'Point', true, 1), (6, 'vide', 'Vide', 'MultiPolygon', false, 0),
    (7, 'rien', 'Rien', 'Geometry', false, 0), (8, 'large', 'Large', 'Point', false, 3)
    ) l (position, slug, title, geometry, has_z, features)
where d.slug = 'formats';
