"""Scenes of features: whole answers, deep pages, counts in boxes, a transaction; and the peers they need."""

import collections
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import time
from urllib.parse import quote

import data
from fastcgi import FastCgi

MAPFILE = """MAP
  NAME features
  STATUS ON
  SIZE 100 100
  EXTENT -180 -90 180 90
  PROJECTION "init=epsg:4326" END
  OUTPUTFORMAT NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json" FORMATOPTION "STORAGE=stream" FORMATOPTION "FORM=SIMPLE" END
  WEB METADATA "ows_title" "features" "ows_onlineresource" "http://localhost/" "ows_srs" "EPSG:4326 EPSG:2154" "wfs_enable_request" "*" "wfs_getfeature_formatlist" "gml32,geojson" END END
{layers}END
"""
MAPLAYER = """  LAYER
    NAME {name}
    TYPE {kind}
    STATUS ON
    CONNECTIONTYPE POSTGIS
    CONNECTION "{connection}"
    DATA "geom FROM data.{name} USING UNIQUE fid USING SRID={srid}"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    PROJECTION "init=epsg:{srid}" END
    METADATA "ows_title" "{name}" "gml_include_items" "all" "gml_featureid" "fid" "gml_types" "auto" "wfs_srs" "EPSG:{srid} EPSG:4326" "wfs_getfeature_formatlist" "gml32,geojson" END
    TEMPLATE "none"
  END
"""
PG_FEATURESERV = """[Server]
HttpHost = "127.0.0.1"
HttpPort = {port}
WriteTimeoutSec = 120
AssetsPath = "{assets}"
[Paging]
LimitDefault = 10
LimitMax = 1000000
"""
TABLES = {"places100k": ("POINT", 4326), "parcels200k": ("POLYGON", 2154), "points1m": ("POINT", 2154)}
WFS = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&"


class Peers:
    """What answers features beside DataSud: each a function of (table, options) that gives body and milliseconds,
    or missing where the program isn't installed."""

    def __init__(self, bench):
        self.bench, self.processes = bench, []
        rows = bench.cluster.sql("select slug || ' ' || table_name from datasud.layer").splitlines()
        self.tables = dict(row.split(" ", 1) for row in rows)
        self.mapserver = self.start_mapserver()
        self.pg_featureserv = self.start_pg_featureserv()
        self.tipg = self.start_tipg()

    def start_mapserver(self):
        program = next((p for p in ("/usr/lib/cgi-bin/mapserv", shutil.which("mapserv")) if p and os.path.exists(p)), None)
        if program is None:
            return None
        layers = "".join(
            MAPLAYER.format(name=name, kind=kind, srid=srid, connection=self.bench.cluster.dsn)
            for name, (kind, srid) in TABLES.items()
        )
        mapfile = self.bench.work / "features.map"
        mapfile.write_text(MAPFILE.format(layers=layers))
        config = self.bench.work / "features.conf"
        config.write_text(f'CONFIG\n  ENV\n    "MS_MAPFILE" "{mapfile}"\n  END\nEND\n')
        environment = {"MS_MAPFILE": str(mapfile), "MAPSERVER_CONFIG_FILE": str(config)}
        server = FastCgi(program, self.bench.work / "features.sock", environment)
        self.processes.append(server)
        return server

    def start_pg_featureserv(self):
        program = os.environ.get("PG_FEATURESERV") or shutil.which("pg_featureserv")
        if not program:
            return None
        port = self.bench.free_port()
        assets = os.environ.get("PG_FEATURESERV_ASSETS") or str(pathlib.Path(program).resolve().parent / "assets")
        config = self.bench.work / "pg_featureserv.toml"
        config.write_text(PG_FEATURESERV.format(port=port, assets=assets))
        return self.start([program, "--config", str(config)], {"DATABASE_URL": self.bench.cluster.dsn}, port, "/collections.json")

    def start_tipg(self):
        folder = os.environ.get("TIPG")
        program = pathlib.Path(folder) / "bin" / "uvicorn" if folder else shutil.which("uvicorn")
        if not program or not os.path.exists(program):
            return None
        port, cluster = self.bench.free_port(), self.bench.cluster
        # Its reader of addresses wants a host before the path; a folder of a socket is one when it is encoded.
        url = f"postgresql://{cluster.user}@{quote(cluster.host, safe='')}:{cluster.port}/{cluster.database}"
        environment = {
            "DATABASE_URL": url, "TIPG_DB_SCHEMAS": '["data"]', "TIPG_MAX_FEATURES_PER_QUERY": "1000000",
            "TIPG_DB_SPATIAL_EXTENT": "false", "TIPG_DB_DATETIME_EXTENT": "false",
        }
        command = [str(program), "tipg.main:app", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        return self.start(command, environment, port, "/healthz")

    def start(self, command, environment, port, path):
        name = pathlib.Path(command[0]).name
        log = open(self.bench.work / f"{name}.log", "wb")
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment, cwd=self.bench.work)
        for _ in range(1500):
            try:
                if self.bench.client(port).get(path)[0] == 200:
                    self.processes.append(process)
                    return port
            except OSError:
                pass
            if process.poll() is not None:
                break
            time.sleep(0.02)
        process.kill()
        self.stop()
        raise SystemExit(f"{name} did not start; see {log.name}")

    def stop(self):
        for process in self.processes:
            if isinstance(process, FastCgi):
                process.stop()
            else:
                process.terminate()
                process.wait(20)

    def get(self, name, table, start=0, count=100_000, gml=False):
        """Features of a table in longitude and latitude, or as GML in its own system."""
        if name == "MapServer":
            form = "OUTPUTFORMAT=gml32" if gml else "OUTPUTFORMAT=geojson&SRSNAME=EPSG:4326"
            page = f"&STARTINDEX={start}" if start else ""
            return self.mapserver.get(f"{WFS}TYPENAMES={table}&COUNT={count}{page}&{form}")
        port, extra = {"pg_featureserv": (self.pg_featureserv, ".json"), "tipg": (self.tipg, "")}[name]
        # Peers close connections that wait.
        client = self.bench.client(port)
        path = f"/collections/data.{quote(self.tables[table])}/items{extra}?limit={count}&offset={start}"
        path += "" if name == "pg_featureserv" else "&f=geojson"
        status, body, took, _ = client.get(path)
        if status != 200:
            raise SystemExit(f"{name} answered {status}: {body[-300:]!r}")
        return body, took

    def present(self, gml=False):
        known = {"MapServer": self.mapserver, "pg_featureserv": self.pg_featureserv, "tipg": self.tipg}
        return [name for name, peer in known.items() if peer and (name == "MapServer" or not gml)]


def count_features(body, gml):
    return body.count(b"<wfs:member>") if gml else body.count(b'"Feature"')


def whole_answers(bench, peers):
    for table, query, title in (
        ("places100k", "", "100,000 points"),
        ("parcels200k", "&SRSNAME=CRS:84", "100,000 polygons of 24 vertices, EPSG:2154"),
    ):
        for gml in (False, True):
            form = "" if gml else f"&OUTPUTFORMAT=application/json{query}"
            path = f"/wfs?{WFS}TYPENAMES={table}&COUNT=100000{form}"
            ours = bench.client(bench.server.port)
            first, sizes, growth = [], {}, []

            def mine(_):
                with bench.peak() as peak:
                    status, body, took, headers, began = ours.get_timed(path)
                if status != 200 or count_features(body, gml) != 100_000:
                    raise SystemExit(f"DataSud sent {count_features(body, gml)} features ({status}): {body[-300:]!r}")
                first.append(began)
                growth.append(peak.growth)
                sizes["DataSud"] = len(body)
                return took

            def theirs(name):
                def run(turn):
                    # A peer that takes seconds has said enough after three turns.
                    if turn > 3:
                        return statistics.median(kept[name])
                    body, took = peers.get(name, table, gml=gml)
                    if count_features(body, gml) != 100_000:
                        raise SystemExit(f"{name} sent {count_features(body, gml)} features: {body[-300:]!r}")
                    sizes[name] = len(body)
                    kept[name].append(took)
                    return took

                return run

            kept = collections.defaultdict(list)
            names = peers.present(gml)
            medians = bench.alternate(mine, *(theirs(name) for name in names))
            best = min(zip(medians[1:], names), default=(None, "MapServer" if gml else "peers"))
            note = ", ".join(f"{n} {m:.0f} ms" for n, m in zip(names, medians[1:])) + "; "
            note += ", ".join(f"{n} {s >> 20} MB" for n, s in sizes.items())
            scene = f"{title}, {'GML 3.2' if gml else 'GeoJSON in longitude and latitude'}"
            bench.record(scene, medians[0], best[0], peer=best[1], target="0.2 x", note=note)
            bench.record("… its first byte", statistics.median(first[1:]), target="50 ms")
            bench.record("… memory growth", max(growth), unit="MB", target="50 MB")


def deep_pages(bench, peers):
    ours = bench.client(bench.server.port)
    ways = {
        "WFS startIndex": lambda n: f"/wfs?{WFS}TYPENAMES=points1m&COUNT=10&STARTINDEX={n}&OUTPUTFORMAT=application/json",
        "OGC API offset": lambda n: f"/ogc/collections/points1m/items?limit=10&offset={n}&f=json",
    }

    def fetch(path):
        def run(_):
            status, body, took, _ = ours.get(path)
            if status != 200 or count_features(body, False) != 10:
                raise SystemExit(f"a page has {count_features(body, False)} features ({status}): {body[-300:]!r}")
            return took

        return run

    turns, bench.options.turns = bench.options.turns, bench.options.turns * 5
    for way, path in ways.items():
        near, deep = bench.alternate(fetch(path(0)), fetch(path(999_990)))
        bench.record(f"first ten of 1,000,000, {way}", near, target="3 ms")
        bench.record(f"ten after 999,990 beside the first ten, {way}", deep, near, peer="first ten", target="1.2 x and 3 ms")
    bench.options.turns = min(turns, 3)
    names = [name for name in peers.present() if name != "tipg"]
    if names:
        medians = bench.alternate(fetch(ways["WFS startIndex"](999_990)), *((lambda _, n=n: peers.get(n, "points1m", 999_990, 10)[1]) for n in names))
        best = min(zip(medians[1:], names))
        bench.record("ten after 999,990", medians[0], best[0], peer=best[1])
    bench.options.turns = turns


def counts(bench):
    ours = bench.client(bench.server.port)
    rng = random.Random(data.SEED)
    x0, y0, side = data.ORIGIN[0], data.ORIGIN[1], data.POINTS_SIDE
    for share in (0.01, 0.1, 1.0):
        half = side * share**0.5 / 2
        shifts = [rng.random() for _ in range(bench.options.turns + 1)]

        # No box comes twice: counts are kept. The one of everything grows by a millimetre.
        def run(turn, half=half, shifts=shifts):
            x = x0 + half + (side - 2 * half) * shifts[turn]
            y = y0 + half + (side - 2 * half) * shifts[turn - 1]
            wide = half + turn / 1000
            box = f"{x - wide:.3f},{y - wide:.3f},{x + wide:.3f},{y + wide:.3f},urn:ogc:def:crs:EPSG::2154"
            status, body, took, _ = ours.get(f"/wfs?{WFS}TYPENAMES=points1m&RESULTTYPE=hits&BBOX={box}")
            if status != 200 or b'numberMatched="unknown"' in body or b"numberMatched" not in body:
                raise SystemExit(f"hits failed ({status}): {body[-300:]!r}")
            return took

        bench.record(f"hits with a box of {share:.0%} of 1,000,000 points", bench.alternate(run)[0], target="50 ms")
    bench.record("… the same box again", bench.alternate(lambda _: run(1))[0], target="50 ms")


def transaction(bench):
    server = bench.second_server("editing", ["--editing", "open"])
    try:
        client = bench.client(server.port)
        namespace, prefix = bench.cluster.sql("select namespace || ' ' || prefix from datasud.organisation where slug = 'bench'").split(" ")
        point = "<gml:Point srsName='urn:ogc:def:crs:EPSG::4326'><gml:pos>{:.7f} {:.7f}</gml:pos></gml:Point>"

        def run(turn):
            rng = random.Random(turn)
            members = "".join(
                f"<b:places1k><b:nom>Lieu {n}</b:nom><b:capacite>{n}</b:capacite><b:geom>"
                + point.format(43 + rng.random(), 5 + rng.random())
                + "</b:geom></b:places1k>"
                for n in range(1000)
            )
            body = (
                f"<wfs:Transaction service='WFS' version='2.0.0' xmlns:wfs='http://www.opengis.net/wfs/2.0' xmlns:gml='http://www.opengis.net/gml/3.2' xmlns:b='{namespace}'>"
                f"<wfs:Insert>{members}</wfs:Insert></wfs:Transaction>"
            )
            status, answer, took, _ = client.get("/wfs", {"Content-Type": "application/xml"}, body.encode())
            if status != 200 or b"<wfs:totalInserted>1000<" not in answer:
                raise SystemExit(f"the transaction failed ({status}): {answer[:400]!r}")
            return took

        bench.record("transaction of 1,000 inserts", bench.alternate(run)[0], target="1000 ms")
    finally:
        server.stop()


def run(bench):
    peers = Peers(bench)
    try:
        whole_answers(bench, peers)
        deep_pages(bench, peers)
    finally:
        peers.stop()
    counts(bench)
    transaction(bench)
