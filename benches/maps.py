"""Scenes of maps: parcels whole and in boxes, a city with its street names, seams, a warm tile, a crowd."""

import http.client
import os
import pathlib
import random
import shutil
import statistics
import struct
import threading
import time
import zlib
from urllib.parse import quote

import data
from fastcgi import FastCgi

WIDTH, HEIGHT = 1024, 768
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer><Name>bench</Name><UserStyle>
"""
FOOT = "</UserStyle></NamedLayer></StyledLayerDescriptor>\n"
PARCELS = HEAD + """<FeatureTypeStyle><Rule><PolygonSymbolizer>
<Fill><CssParameter name="fill">#c8e0b4</CssParameter></Fill>
<Stroke><CssParameter name="stroke">#405030</CssParameter><CssParameter name="stroke-width">1</CssParameter></Stroke>
</PolygonSymbolizer></Rule></FeatureTypeStyle>""" + FOOT
# Each class a casing and the line on it; then names along the lines, on a white halo.
CLASSES = [("1", "#b0a890", "#ffffff", 2), ("2", "#b08840", "#ffe9a8", 4), ("3", "#a04028", "#f4b090", 6)]
CITY = HEAD + "".join(
    f"""<FeatureTypeStyle><Rule><Filter xmlns="http://www.opengis.net/ogc"><PropertyIsEqualTo><PropertyName>classe</PropertyName>
<Literal>{number}</Literal></PropertyIsEqualTo></Filter>
<LineSymbolizer><Stroke><CssParameter name="stroke">{casing}</CssParameter><CssParameter name="stroke-width">{width + 2}</CssParameter></Stroke></LineSymbolizer>
<LineSymbolizer><Stroke><CssParameter name="stroke">{inner}</CssParameter><CssParameter name="stroke-width">{width}</CssParameter></Stroke></LineSymbolizer>
</Rule></FeatureTypeStyle>"""
    for number, casing, inner, width in CLASSES
) + """<FeatureTypeStyle><Rule><TextSymbolizer><Label><PropertyName xmlns="http://www.opengis.net/ogc">nom</PropertyName></Label>
<Font><CssParameter name="font-family">DejaVu Sans</CssParameter><CssParameter name="font-size">10</CssParameter></Font>
<LabelPlacement><LinePlacement/></LabelPlacement><Halo><Radius>1</Radius><Fill><CssParameter name="fill">#ffffff</CssParameter></Fill></Halo>
<Fill><CssParameter name="fill">#202020</CssParameter></Fill><VendorOption name="followLine">true</VendorOption>
</TextSymbolizer></Rule></FeatureTypeStyle>""" + FOOT
STYLES = {"parcels20k": PARCELS, "parcels200k": PARCELS, "streets": CITY}

MAPFILE = """MAP
  NAME bench
  STATUS ON
  SIZE 1024 768
  MAXSIZE 4096
  EXTENT {extent}
  PROJECTION "init=epsg:2154" END
  IMAGETYPE png
  FONTSET "{fonts}"
  OUTPUTFORMAT NAME png DRIVER "AGG/PNG" MIMETYPE "image/png" IMAGEMODE RGB EXTENSION png END
  WEB METADATA "wms_title" "bench" "wms_onlineresource" "http://localhost/" "wms_srs" "EPSG:2154 EPSG:3857" "wms_enable_request" "*" END END
{layers}END
"""
LAYER = """  LAYER
    NAME {name}
    TYPE {kind}
    STATUS ON
    CONNECTIONTYPE POSTGIS
    CONNECTION "{connection}"
    DATA "geom FROM (SELECT fid, geom{columns} FROM data.{name}) AS t USING UNIQUE fid USING SRID=2154"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    PROJECTION "init=epsg:2154" END
    METADATA "wms_title" "{name}" "wms_srs" "EPSG:2154 EPSG:3857" END
{classes}  END
"""
AREAS = '    CLASS STYLE COLOR "#c8e0b4" OUTLINECOLOR "#405030" WIDTH 1 END END\n'
# Letters as large as ours on the picture: it takes sizes for points.
LABEL = 'LABEL TYPE TRUETYPE FONT "sans" SIZE 8 COLOR "#202020" OUTLINECOLOR "#ffffff" OUTLINEWIDTH 2 ANGLE FOLLOW PARTIALS FALSE END'


def run(bench):
    mapserver = start_mapserver(bench)
    for scene in (whole, boxes, city):
        scene(bench, mapserver)
    if mapserver:
        mapserver.stop()
    seams(bench)
    warm(bench)
    crowd(bench)


# The peer


def start_mapserver(bench):
    program = next((p for p in ("/usr/lib/cgi-bin/mapserv", shutil.which("mapserv")) if p and os.path.exists(p)), None)
    if program is None:
        return None
    streets = "".join(
        f'    CLASS EXPRESSION ([classe] = {number}) STYLE COLOR "{casing}" WIDTH {width + 2} LINECAP BUTT END '
        f'STYLE COLOR "{inner}" WIDTH {width} LINECAP BUTT END TEXT "[nom]" {LABEL} END\n'
        for number, casing, inner, width in CLASSES
    )
    layers = [("parcels20k", "POLYGON", "", AREAS), ("parcels200k", "POLYGON", "", AREAS), ("streets", "LINE", ", nom, classe", streets)]
    layers = "".join(
        LAYER.format(name=name, kind=kind, classes=classes, columns=columns, connection=bench.cluster.dsn)
        for name, kind, columns, classes in layers
    )
    fonts = bench.work / "fonts.list"
    fonts.write_text("sans /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf\n")
    mapfile = bench.work / "bench.map"
    extent = " ".join(str(v) for v in data.box(540, 372))
    mapfile.write_text(MAPFILE.format(extent=extent, fonts=fonts, layers=layers))
    # MapServer 8 doesn't start without a configuration file.
    config = bench.work / "mapserver.conf"
    config.write_text(f'CONFIG\n  ENV\n    "MS_MAPFILE" "{mapfile}"\n  END\nEND\n')
    environment = {"MS_MAPFILE": str(mapfile), "MAPSERVER_CONFIG_FILE": str(config)}
    return FastCgi(program, bench.work / "mapserver.sock", environment)


def query(layer, srs, box):
    """A GetMap that shows all of a box."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max((box[2] - box[0]) / WIDTH, (box[3] - box[1]) / HEIGHT) / 2
    bbox = (cx - half * WIDTH, cy - half * HEIGHT, cx + half * WIDTH, cy + half * HEIGHT)
    return (
        f"SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layer}&STYLES=&CRS={srs}&BBOX="
        + ",".join(f"{v:.3f}" for v in bbox)
        + f"&WIDTH={WIDTH}&HEIGHT={HEIGHT}&FORMAT=image/png"
    )


def in_mercator(box):
    corners = [data.to_mercator(*data.to_degrees(x, y)) for x in box[::2] for y in box[1::2]]
    xs, ys = zip(*corners)
    return min(xs), min(ys), max(xs), max(ys)


def compare(bench, mapserver, scene, name, ask, target):
    """Both draw what `ask` says for each turn."""
    ours = bench.client(bench.server.port)

    def mine(turn):
        status, body, took, _ = ours.get("/wms?" + ask(turn))
        check(bench, "DataSud", status, body, f"{name}-datasud.png")
        return took

    def theirs(turn):
        body, took = mapserver.get(ask(turn))
        check(bench, "MapServer", 200, body, f"{name}-mapserver.png")
        return took

    medians = bench.alternate(mine, theirs) if mapserver else [bench.alternate(mine)[0], None]
    bench.record(scene, *medians, peer="MapServer", target=target, note=None if mapserver else "MapServer not run")


def check(bench, who, status, body, name):
    if status != 200 or body[:8] != b"\x89PNG\r\n\x1a\n":
        raise SystemExit(f"{who} sent no picture ({status}): {body[-700:]!r}")
    (bench.work / name).write_bytes(body)


# Scenes


def whole(bench, mapserver):
    box = data.box(168, 120)
    rng = random.Random(data.SEED)
    shifts = [rng.random() * 60 for _ in range(bench.options.turns + 1)]
    for srs, place in (("EPSG:2154", lambda b: b), ("EPSG:3857", in_mercator)):

        def ask(turn, srs=srs, place=place):
            # The whole data fits; each turn looks at it from a little further to the east.
            west, south, east, north = box
            shown = (west - 40 + shifts[turn], south - 40, east + 40 + shifts[turn], north + 40)
            return query("parcels20k", srs, place(shown))

        scene = f"GetMap 1024x768, 20,160 polygons, fill and outline, {srs}"
        compare(bench, mapserver, scene, f"map-{srs[5:]}", ask, "0.25 x")


def boxes(bench, mapserver):
    west, south, east, north = data.box(540, 372)
    width, height = 168 * data.CELL, 120 * data.CELL
    rng = random.Random(data.SEED + 1)
    corners = [
        (west + rng.random() * (east - west - width), south + rng.random() * (north - south - height))
        for _ in range(bench.options.turns + 1)
    ]
    for srs, place in (("EPSG:2154", lambda b: b), ("EPSG:3857", in_mercator)):

        def ask(turn, srs=srs, place=place):
            x, y = corners[turn]
            return query("parcels200k", srs, place((x, y, x + width, y + height)))

        scene = f"GetMap 1024x768, boxes of some 20,000 of 200,880 polygons, {srs}"
        compare(bench, mapserver, scene, f"boxes-{srs[5:]}", ask, "0.25 x")


def city(bench, mapserver):
    rng = random.Random(data.SEED + 2)
    places = [(rng.random(), rng.random()) for _ in range(bench.options.turns + 1)]
    west, south, east, north = data.city()
    for width, text in ((2_400.0, "some 1,000 streets"), (7_200.0, "some 9,000 streets")):
        height = width * HEIGHT / WIDTH

        def ask(turn, width=width, height=height):
            x = west + places[turn][0] * (east - west - width)
            y = south + places[turn][1] * (north - south - height)
            return query("streets", "EPSG:2154", (x, y, x + width, y + height))

        scene = f"GetMap 1024x768, {text} with casings and names"
        compare(bench, mapserver, scene, f"city-{width:.0f}", ask, "0.33 x")


def seams(bench):
    """Parcels of one colour on white: pixels inside of them that let the white through."""
    plain = PARCELS.split("<Stroke>")[0] + PARCELS.split("</Stroke>")[1]
    west, south, east, north = data.box(168, 120)
    inside = (west + 100, south + 100, east - 100, north - 100)
    path = "/wms?" + query("parcels20k", "EPSG:2154", inside) + "&SLD_BODY=" + quote(plain.replace(">bench<", ">parcels20k<"))
    status, body, _, _ = bench.client(bench.server.port).get(path)
    check(bench, "DataSud", status, body, "seams-datasud.png")
    pixels = decoded(body)
    west, east = WIDTH // 10, WIDTH - WIDTH // 10
    seen = [pixels[row][column] for row in range(HEIGHT // 4, HEIGHT * 3 // 4) for column in range(west, east)]
    off = sum(max(abs(a - b) for a, b in zip(pixel, (0xC8, 0xE0, 0xB4))) > 16 for pixel in seen)
    bench.record("seams between 20,160 polygons of one colour, pixels off by more than 16", off / len(seen) * 100, unit="%", target="1 %")


def decoded(png):
    """Rows of pixels of a PNG of 8 bits a channel, as (red, green, blue)."""
    at, packed, palette = 8, b"", []
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        chunk = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            packed += chunk
        elif kind == b"PLTE":
            palette = [tuple(chunk[i : i + 3]) for i in range(0, length, 3)]
        at += 12 + length
    channels = {2: 3, 3: 1, 6: 4}[colour]
    raw, stride, before, rows = zlib.decompress(packed), width * channels, bytearray(width * channels), []
    for row in range(height):
        start = row * (stride + 1)
        method, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = line[i - channels] if i >= channels else 0
            above = before[i]
            corner = before[i - channels] if i >= channels else 0
            guess = left + above - corner
            nearest = min((left, above, corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, above, (left + above) // 2, nearest)[method]) & 255
        rows.append([palette[v] if palette else tuple(line[i : i + 3]) for i, v in list(enumerate(line))[::channels]])
        before = line
    return rows


def warm(bench):
    """A tile that is kept beside a file of the portal, one connection each, taking turns."""
    server = bench.second_server("warm", (), caches=True)
    x, y = data.to_degrees(data.ORIGIN[0] + 2_000, data.ORIGIN[1] + 2_000)
    zoom, column, row = data.tile_at(15, x, y)
    tile = f"/wmts/1.0.0/parcels20k/default/WebMercatorQuad/{zoom}/{row}/{column}.png"
    file = "/assets/portal.css"
    clients = {path: bench.client(server.port) for path in (tile, file)}
    for path, client in clients.items():
        status, body, _, _ = client.get(path)
        if status != 200 or not body:
            raise SystemExit(f"no {path}: {status} {body[:200]!r}")

    def many(path):
        def asked(_):
            started = time.perf_counter()
            for _ in range(500):
                clients[path].get(path)
            return (time.perf_counter() - started) * 2

        return asked

    ours, theirs = bench.alternate(many(tile), many(file))
    bench.record("warm WMTS tile (at least 0.8 x as fast as a static file: 1.25)", ours, theirs, peer="the portal's style sheet", target="1.25 x")
    server.stop()


def crowd(bench):
    """Clients that ask for maps nobody has asked for, as many as may wait and far more: how long the slowest waits, how many
    are sent away, and what it costs."""
    for clients in (64, 256):
        crowded(bench, clients)


def crowded(bench, clients):
    server = bench.second_server("crowd", ())
    limits = f"{clients} clients, maps of some 5,000 polygons for 20 s"
    west, south, east, north = data.box(540, 372)
    width, height = 84 * data.CELL, 60 * data.CELL
    end = time.perf_counter() + 20
    answers, lost, lock = [], [], threading.Lock()

    def client(number):
        rng = random.Random(number)
        connection = bench.client(server.port)
        while time.perf_counter() < end:
            x = west + rng.random() * (east - west - width)
            y = south + rng.random() * (north - south - height)
            try:
                status, body, took, headers = connection.get("/wms?" + query("parcels200k", "EPSG:2154", (x, y, x + width, y + height)))
            except (OSError, http.client.HTTPException) as error:
                lost.append(error)
                return
            with lock:
                answers.append((status, took, headers.get("Retry-After")))
            if status == 503:
                time.sleep(0.2)

    with bench.peak_of(server.pid) as peak:
        threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    good = sorted(took for status, took, _ in answers if status == 200)
    refused = [after for status, _, after in answers if status == 503]
    other = {status for status, _, _ in answers} - {200, 503}
    if lost or other or any(after is None for after in refused):
        raise SystemExit(f"lost connections {lost}, unexpected answers {other}, or a 503 without Retry-After")
    bench.record(f"{limits}: p99", good[int(len(good) * 0.99)], note=f"{len(good)} maps, {len(refused)} refused")
    bench.record("… median", statistics.median(good))
    bench.record("… maps a second", len(good) / 20, unit="/s")
    bench.record("… refused with Retry-After", len(refused), unit="answers")
    bench.record("… memory growth", peak.growth, unit="MB")
    server.stop()
