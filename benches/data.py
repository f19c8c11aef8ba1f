"""Synthetic data for the benchmarks: the same bytes at every run, of any place and nobody.

Parcels tile a plane near Marseille in EPSG:2154; each has 24 vertices and shares its borders, vertex by
vertex, with its neighbours. Places are points in EPSG:4326. Both are written as GeoPackages with the
standard library only.
"""

import datetime
import math
import os
import random
import sqlite3
import struct

SEED = 20261125
CELL = 30.0
ORIGIN = (885_000.0, 6_242_000.0)
# Points between two corners: 4 corners + 4 x 5 = 24 vertices a parcel.
BETWEEN = 5

SRS = {
    2154: ("RGF93 v1 / Lambert-93", 'PROJCS["RGF93 v1 / Lambert-93",GEOGCS["RGF93 v1",DATUM["Reseau_Geodesique_Francais_1993_v1",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["latitude_of_origin",46.5],PARAMETER["central_meridian",3],PARAMETER["standard_parallel_1",49],PARAMETER["standard_parallel_2",44],PARAMETER["false_easting",700000],PARAMETER["false_northing",6600000],UNIT["metre",1],AUTHORITY["EPSG","2154"]]'),
    4326: ("WGS 84", 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'),
}


def parcels(columns, rows):
    """Yields (attributes, ring) of columns x rows parcels."""
    rng = random.Random(SEED)

    def jitter(amount):
        return (rng.random() - 0.5) * amount

    corners = [
        [(ORIGIN[0] + i * CELL + jitter(8), ORIGIN[1] + j * CELL + jitter(8)) for j in range(rows + 1)]
        for i in range(columns + 1)
    ]

    def edge(a, b):
        points = []
        for k in range(1, BETWEEN + 1):
            t = k / (BETWEEN + 1)
            points.append((a[0] + t * (b[0] - a[0]) + jitter(1.6), a[1] + t * (b[1] - a[1]) + jitter(1.6)))
        return points

    across = [[edge(corners[i][j], corners[i + 1][j]) for j in range(rows + 1)] for i in range(columns)]
    along = [[edge(corners[i][j], corners[i][j + 1]) for j in range(rows)] for i in range(columns + 1)]
    number = 0
    for i in range(columns):
        for j in range(rows):
            number += 1
            ring = [corners[i][j], *across[i][j], corners[i + 1][j], *along[i + 1][j], corners[i + 1][j + 1]]
            ring += [*reversed(across[i][j + 1]), corners[i][j + 1], *reversed(along[i][j]), corners[i][j]]
            section = "ABCDEFGHIJ"[i * 10 // columns] + "ABCDEFGHIJ"[j * 10 // rows]
            attributes = (f"13055000{section}{number:06}", section, round(900 + jitter(400), 1), number % 6)
            yield attributes, ring


def places(count):
    """Yields (attributes, point)."""
    rng = random.Random(SEED + 1)
    kinds = ["école", "mairie", "gymnase", "bibliothèque", "crèche", "piscine"]
    start = datetime.date(2015, 1, 1)
    for number in range(1, count + 1):
        town = rng.randrange(330)
        x = 4.3 + (town % 22) * 0.15 + rng.gauss(0, 0.02)
        y = 43.1 + (town // 22) * 0.12 + rng.gauss(0, 0.02)
        day = (start + datetime.timedelta(days=rng.randrange(4000))).isoformat()
        attributes = (
            f"E{number:06}", f"Équipement nº {number}", kinds[number % 6], f"{13000 + town}", f"Ville {town}",
            rng.randrange(5000), round(rng.random() * 1000, 2), rng.randrange(2), day, rng.randrange(1, 10**12),
        )
        yield attributes, (x, y)


# Metres on a side of the square of a million points, in EPSG:2154.
POINTS_SIDE = 100_000.0


def points(count):
    """Yields (attributes, point), scattered."""
    rng = random.Random(SEED + 2)
    for number in range(1, count + 1):
        place = (ORIGIN[0] + rng.random() * POINTS_SIDE, ORIGIN[1] + rng.random() * POINTS_SIDE)
        yield (f"P{number:07}", number % 12, round(rng.random() * 100, 2)), place


# Streets: metres between two, and how many run each way.
BLOCK = 90.0
STREETS = 130


def city():
    """Box of the streets, in EPSG:2154."""
    return (*ORIGIN, ORIGIN[0] + STREETS * BLOCK, ORIGIN[1] + STREETS * BLOCK)


def streets():
    """Yields (attributes, line) of a city: winding streets of one to six blocks each way, wider ones among them."""
    rng = random.Random(SEED + 3)
    kinds = ["Rue", "Avenue", "Boulevard", "Chemin", "Impasse", "Allée", "Traverse", "Montée"]
    names = [
        "de la République", "des Écoles", "du Général Leclerc", "de l'Église", "Frédéric Mistral", "des Lavandes", "du Mistral",
        "Jean Moulin", "de la Fontaine", "des Oliviers", "Victor Hugo", "du Château", "Émile Zola", "des Acacias", "de la Gare",
    ]
    corners = [
        [(ORIGIN[0] + (i + (rng.random() - 0.5) * 0.4) * BLOCK, ORIGIN[1] + (j + (rng.random() - 0.5) * 0.4) * BLOCK) for j in range(STREETS + 1)]
        for i in range(STREETS + 1)
    ]
    number = 0
    for across in (True, False):
        for k in range(STREETS + 1):
            classe = 3 if k % 12 == 0 else 2 if k % 4 == 0 else 1
            at = 0
            while at < STREETS:
                end = min(at + rng.randrange(1, 7), STREETS)
                line = []
                for step in range(at, end + 1):
                    x, y = corners[step][k] if across else corners[k][step]
                    if line:
                        # Bends between two crossings.
                        before = line[-1]
                        for share in (0.33, 0.66):
                            bent = [before[n] + ((x, y)[n] - before[n]) * share + (rng.random() - 0.5) * 8 for n in (0, 1)]
                            line.append(tuple(bent))
                    line.append((x, y))
                number += 1
                name = f"{kinds[number % 8]} {names[rng.randrange(15)]}"
                yield (f"V{number:06}", name, classe), line
                at = end


STREET_COLUMNS = [("code", "TEXT"), ("nom", "TEXT"), ("classe", "INTEGER")]


# Towns of buildings on a square of that many metres, in EPSG:2154.
BUILDINGS_SIDE = 180_000.0
TOWNS = 330


def towns(rng):
    """Middle and spread of each town, in metres; the first ones have the most buildings."""
    return [
        (ORIGIN[0] + rng.random() * BUILDINGS_SIDE, ORIGIN[1] + rng.random() * BUILDINGS_SIDE, 200.0 + 1200.0 * rng.random() ** 2)
        for _ in range(TOWNS)
    ]


def large_town():
    """Middle of a town with many buildings on several kilometres."""
    return next((x, y) for x, y, spread in towns(random.Random(SEED + 4)) if spread > 900.0)


def buildings(count):
    """Yields (attributes, ring) of buildings in towns, dense in their middle."""
    rng = random.Random(SEED + 4)
    places = towns(rng)
    for number in range(1, count + 1):
        x, y, spread = places[int(TOWNS * rng.random() ** 2)]
        x, y = x + rng.gauss(0, spread), y + rng.gauss(0, spread)
        width, depth, turn = 7 + rng.random() * 9, 7 + rng.random() * 9, rng.random() * math.pi
        along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
        ring = [
            (x + along[0] * a * width + across[0] * b * depth, y + along[1] * a * width + across[1] * b * depth)
            for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
        ]
        yield (f"B{number:07}", number % 8, round(3 + rng.random() * 15, 1)), ring


BUILDING_COLUMNS = [("code", "TEXT"), ("usage", "INTEGER"), ("hauteur", "REAL")]
POINT_COLUMNS = [("code", "TEXT"), ("classe", "INTEGER"), ("hauteur", "REAL")]
PARCEL_COLUMNS = [("reference", "TEXT"), ("section", "TEXT"), ("surface", "REAL"), ("classe", "INTEGER")]
PLACE_COLUMNS = [
    ("code", "TEXT"), ("nom", "TEXT"), ("type", "TEXT"), ("insee", "TEXT"), ("commune", "TEXT"),
    ("capacite", "MEDIUMINT"), ("surface", "REAL"), ("public", "BOOLEAN"), ("ouvert_le", "DATE"),
    ("numero", "INTEGER"),
]


def blob(srid, geometry):
    head = b"GP\x00\x01" + struct.pack("<i", srid)
    if isinstance(geometry, tuple):
        return head + struct.pack("<BIdd", 1, 1, *geometry)
    flat = [v for point in geometry for v in point]
    if geometry[0] != geometry[-1]:
        return head + struct.pack(f"<BII{len(flat)}d", 1, 2, len(geometry), *flat)
    return head + struct.pack(f"<BIII{len(flat)}d", 1, 3, 1, len(geometry), *flat)


def write(path, layer, kind, srid, columns, features):
    """Writes a GeoPackage (OGC 12-128r18) and puts it in place only when it is whole."""
    draft = path + ".part"
    if os.path.exists(draft):
        os.remove(draft)
    db = sqlite3.connect(draft)
    db.executescript(
        """
        pragma application_id = 0x47504B47; pragma user_version = 10300; pragma synchronous = off;
        create table gpkg_spatial_ref_sys (srs_name text not null, srs_id integer primary key,
            organization text not null, organization_coordsys_id integer not null, definition text not null,
            description text);
        create table gpkg_contents (table_name text primary key, data_type text not null, identifier text unique,
            description text default '', last_change datetime not null, min_x double, min_y double,
            max_x double, max_y double, srs_id integer);
        create table gpkg_geometry_columns (table_name text primary key, column_name text not null,
            geometry_type_name text not null, srs_id integer not null, z tinyint not null, m tinyint not null);
        """
    )
    undefined = [("Undefined cartesian", -1, "NONE", -1, "undefined"), ("Undefined geographic", 0, "NONE", 0, "undefined")]
    known = [(name, code, "EPSG", code, wkt) for code, (name, wkt) in SRS.items()]
    db.executemany("insert into gpkg_spatial_ref_sys values (?,?,?,?,?,null)", undefined + known)
    fields = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    db.execute(f'create table "{layer}" (fid integer primary key autoincrement, geom {kind}, {fields})')
    marks = ",".join("?" * (len(columns) + 1))
    names = ",".join(f'"{name}"' for name, _ in columns)
    rows = ((blob(srid, geometry), *attributes) for attributes, geometry in features)
    db.executemany(f'insert into "{layer}" (geom,{names}) values ({marks})', rows)
    db.execute(
        "insert into gpkg_contents values (?,'features',?,'','2026-01-01T00:00:00.000Z',null,null,null,null,?)",
        (layer, layer, srid),
    )
    db.execute("insert into gpkg_geometry_columns values (?,'geom',?,?,0,0)", (layer, kind, srid))
    db.commit()
    db.close()
    os.replace(draft, path)


def make(folder):
    """Writes what is missing and answers the paths by name."""
    os.makedirs(folder, exist_ok=True)
    paths = {name: os.path.join(folder, f"{name}.gpkg") for name in ("parcels20k", "parcels200k", "places100k", "places1k", "points1m", "buildings1m", "streets")}
    for name, (columns, rows) in {"parcels20k": (168, 120), "parcels200k": (540, 372)}.items():
        if not os.path.exists(paths[name]):
            write(paths[name], name, "POLYGON", 2154, PARCEL_COLUMNS, parcels(columns, rows))
    for name, count in {"places100k": 100_000, "places1k": 1_000}.items():
        if not os.path.exists(paths[name]):
            write(paths[name], name, "POINT", 4326, PLACE_COLUMNS, places(count))
    if not os.path.exists(paths["buildings1m"]):
        write(paths["buildings1m"], "buildings1m", "POLYGON", 2154, BUILDING_COLUMNS, buildings(1_000_000))
    if not os.path.exists(paths["points1m"]):
        write(paths["points1m"], "points1m", "POINT", 2154, POINT_COLUMNS, points(1_000_000))
    if not os.path.exists(paths["streets"]):
        write(paths["streets"], "streets", "LINESTRING", 2154, STREET_COLUMNS, streets())
    return paths


def box(columns, rows):
    """Box of that many parcels, in EPSG:2154."""
    return (ORIGIN[0], ORIGIN[1], ORIGIN[0] + columns * CELL, ORIGIN[1] + rows * CELL)


def to_degrees(x, y):
    """Lambert-93 to longitude and latitude, good to a metre: to find tiles and map boxes."""
    e, n = 0.0818191910428158, 0.7256077650
    c, xs, ys = 11_754_255.426, 700_000.0, 12_655_612.050
    radius = math.hypot(x - xs, ys - y)
    longitude = 3.0 + math.degrees(math.atan2(x - xs, ys - y) / n)
    iso = -math.log(radius / c) / n
    latitude = 2 * math.atan(math.exp(iso)) - math.pi / 2
    for _ in range(8):
        s = e * math.sin(latitude)
        latitude = 2 * math.atan(((1 + s) / (1 - s)) ** (e / 2) * math.exp(iso)) - math.pi / 2
    return longitude, math.degrees(latitude)


def to_mercator(longitude, latitude):
    radius = 6_378_137.0
    return radius * math.radians(longitude), radius * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))


def tile_at(zoom, longitude, latitude):
    side = 2**zoom
    x = int((longitude + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side)
    return zoom, x, y
