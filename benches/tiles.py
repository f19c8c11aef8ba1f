"""Vector tiles beside martin, tegola and nginx: cold, warm, of several layers, and what is in them."""

import collections
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import time

import data

MARTIN = """listen_addresses: 127.0.0.1:{port}
cache_size_mb: {cache}
postgres:
  connection_string: "postgresql:///{database}?host={host}&port={dbport}&user={user}"
  auto_publish: false
  tables:
"""
MARTIN_TABLE = """    {name}:
      schema: data
      table: {table}
      srid: 2154
      geometry_column: geom
      id_column: fid
      geometry_type: {geometry}
      extent: 4096
      buffer: 64
      clip_geom: true
      properties: {{{properties}}}
"""
TEGOLA = """[webserver]
port = "127.0.0.1:{port}"
[[providers]]
name = "bench"
type = "mvt_postgis"
uri = "postgres://{user}@127.0.0.1:{dbport}/{database}?host={host}&sslmode=disable"
srid = 3857
"""
TEGOLA_LAYER = """[[providers.layers]]
name = "{name}"
geometry_fieldname = "geom"
geometry_type = "MultiPolygon"
id_fieldname = "fid"
srid = 3857
sql = "SELECT ST_AsMVTGeom(ST_Transform(geom, 3857), !BBOX!, 4096, 64, true) AS geom, fid, {columns} FROM data.\\"{table}\\" WHERE geom && ST_Transform(!BBOX!, 2154)"
"""
TEGOLA_MAP = """[[maps]]
name = "{name}"
[[maps.layers]]
provider_layer = "bench.{name}"
min_zoom = 0
max_zoom = 20
"""
NGINX = """daemon off;
worker_processes {workers};
pid {work}/nginx.pid;
error_log {work}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  client_body_temp_path {work}/nginx-tmp; proxy_temp_path {work}/nginx-tmp; fastcgi_temp_path {work}/nginx-tmp;
  uwsgi_temp_path {work}/nginx-tmp; scgi_temp_path {work}/nginx-tmp;
  server {{ listen 127.0.0.1:{port}; root {work}/nginx-files; default_type application/octet-stream; }}
}}
"""
LAYERS = {"parcels200k": (12, 13, 14, 15), "buildings1m": (12, 13, 14)}
GZIP = {"Accept-Encoding": "gzip"}


def run(bench):
    peers = {"martin": start_martin(bench, 0)}
    try:
        cold(bench, peers)
        composite(bench)
        complete(bench)
    finally:
        stop(peers)
    warm(bench)


def stop(peers):
    for peer in peers.values():
        if peer:
            peer[0].terminate()
            peer[0].wait()


def started(bench, name, command, port, path):
    """A peer's process and port once it answers."""
    log = open(bench.work / f"{name}.log", "wb")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(1000):
        if process.poll() is not None:
            break
        try:
            if bench.client(port).get(path)[0] < 500:
                return process, port
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{name} did not start; see {log.name}")


def program(variable, name):
    return os.environ.get(variable) or shutil.which(name)


def tables(bench):
    """Layer, table, type of geometry, and attributes with PostgreSQL's short names of their types."""
    for name in LAYERS:
        table = bench.cluster.sql(f"select table_name from datasud.layer where slug = '{name}'")
        geometry = bench.cluster.sql(f"select type from geometry_columns where f_table_schema = 'data' and f_table_name = '{table}'")
        columns = bench.cluster.sql(
            f"select string_agg(column_name || ': ' || udt_name, ', ' order by ordinal_position) from information_schema.columns "
            f"where table_schema = 'data' and table_name = '{table}' and column_name not in ('fid', 'geom')")
        yield name, table, geometry, columns


def start_martin(bench, cache):
    command = program("MARTIN", "martin")
    if not command:
        return None
    port, cluster = bench.free_port(), bench.cluster
    text = MARTIN.format(port=port, cache=cache, database=cluster.database, host=cluster.host, dbport=cluster.port, user=cluster.user)
    for name, table, geometry, columns in tables(bench):
        text += MARTIN_TABLE.format(name=name, table=table, geometry=geometry, properties=columns)
    config = bench.work / "martin.yaml"
    config.write_text(text)
    return started(bench, "martin", [command, "--config", str(config)], port, "/health")


def start_tegola(bench):
    command = program("TEGOLA", "tegola")
    if not command:
        return None
    port, cluster = bench.free_port(), bench.cluster
    text = TEGOLA.format(port=port, user=cluster.user, dbport=cluster.port, database=cluster.database, host=cluster.host)
    for name, table, _, columns in tables(bench):
        text += TEGOLA_LAYER.format(name=name, table=table, columns=re.sub(r": \w+", "", columns))
    for name in LAYERS:
        text += TEGOLA_MAP.format(name=name)
    config = bench.work / "tegola.toml"
    config.write_text(text)
    return started(bench, "tegola", [command, "serve", "--config", str(config), "--no-cache"], port, "/capabilities")


def middle(layer):
    if layer == "parcels200k":
        x0, y0, x1, y1 = data.box(540, 372)
        return data.to_degrees((x0 + x1) / 2, (y0 + y1) / 2)
    return data.to_degrees(*data.large_town())


def tiles_at(layer, zoom):
    z, x, y = data.tile_at(zoom, *middle(layer))
    return [(z, x, y)] if zoom == 12 else [(z, x + dx, y + dy) for dx, dy in ((0, 0), (1, 0), (0, 1))]


def fetching(who, client, path, tiles, sizes):
    def fetch(_):
        total = 0.0
        for z, x, y in tiles:
            status, body, took, _ = client.get(path.format(z=z, x=x, y=y), GZIP)
            if status != 200 or not body:
                raise SystemExit(f"{who} sent no tile {z}/{x}/{y} ({status}): {body[:300]!r}")
            sizes[who] = max(sizes[who], len(body))
            total += took
        return total / len(tiles)

    return fetch


def cold(bench, peers):
    peers["tegola"] = start_tegola(bench)
    paths = {"martin": "/{layer}/{{z}}/{{x}}/{{y}}", "tegola": "/maps/{layer}/{{z}}/{{x}}/{{y}}.pbf"}
    ours = bench.client(bench.server.port)
    for layer, zooms in LAYERS.items():
        for zoom in zooms:
            tiles, sizes = tiles_at(layer, zoom), collections.Counter()
            runs = [fetching("DataSud", ours, f"/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt", tiles, sizes)]
            asked = [name for name, peer in peers.items() if peer]
            for name in asked:
                runs.append(fetching(name, bench.client(peers[name][1]), paths[name].format(layer=layer), tiles, sizes))
            mine, *theirs = bench.alternate(*runs)
            note = ", ".join(f"{who} {size // 1024} kB" for who, size in sizes.items()) + " gzip"
            for name, median in zip(asked, theirs):
                target = "0.25 x" if name == "martin" else None
                bench.record(f"cold tile z{zoom}, {layer}", mine, median, peer=name, target=target, note=note)
            if not asked:
                bench.record(f"cold tile z{zoom}, {layer}", mine, peer="martin", target="0.25 x", note=note)


def composite(bench):
    """Three layers in one tile beside the largest of them alone."""
    client, sizes = bench.client(bench.server.port), collections.Counter()
    tiles = tiles_at("parcels200k", 13)
    alone = fetching("alone", client, "/tiles/parcels200k/{z}/{x}/{y}.mvt", tiles, sizes)
    together = fetching("together", client, "/tiles/parcels200k,buildings1m,streets/{z}/{x}/{y}.mvt", tiles, sizes)
    a, b = bench.alternate(together, alone)
    note = ", ".join(f"{who} {size // 1024} kB" for who, size in sizes.items()) + " gzip"
    bench.record("cold composite of three layers z13", a, b, peer="the largest alone", target="1.2 x", note=note)


def fields(message):
    """Fields of a protobuf message: number and value, the bytes of those that have a length."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 2:
            length = varint()
            yield key >> 3, message[at:at + length]
            at += length
        elif key & 7 == 0:
            yield key >> 3, varint()
        else:
            at += 8 if key & 7 == 1 else 4


def identifiers(tile):
    return {value for number, layer in fields(tile) if number == 3
            for part, feature in fields(layer) if part == 2
            for inner, value in fields(feature) if inner == 1}


def complete(bench):
    """Share of the features that PostGIS finds in a tile which are in ours: those it finds an area of a unit or more of."""
    client = bench.client(bench.server.port)
    for layer, zooms in LAYERS.items():
        table = bench.cluster.sql(f"select table_name from datasud.layer where slug = '{layer}'")
        for zoom in zooms:
            wanted = held = 0
            for z, x, y in tiles_at(layer, zoom):
                body = client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt")[1]
                found = bench.cluster.sql(
                    f"with t as (select st_tileenvelope({z}, {x}, {y}) as box) select string_agg(fid::text, ' ') from data.\"{table}\", t "
                    f"where geom && st_transform(st_expand(box, 100), 2154) and st_area(st_intersection(st_transform(geom, 3857), box)) "
                    f">= power((st_xmax(box) - st_xmin(box)) / 4096, 2)")
                there = {int(fid) for fid in found.split()}
                wanted += len(there)
                held += len(there & identifiers(body))
            bench.record(f"features of {layer} z{zoom} that are there, of those that PostGIS finds", 100 * held / wanted, unit="%", target="100 %")


def rate(url):
    """Requests a second of 64 connections, and the bytes of an answer."""
    done = subprocess.run(["wrk", "-t1", "-c64", "-d5", "-H", "Accept-Encoding: gzip", url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(f"{url}: {done}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])


def start_nginx(bench, body):
    if not shutil.which("nginx"):
        return None
    files = bench.work / "nginx-files"
    files.mkdir(exist_ok=True)
    (bench.work / "nginx-tmp").mkdir(exist_ok=True)
    (files / "tile.mvt").write_bytes(gzip.decompress(body))
    (files / "tile.mvt.gz").write_bytes(body)
    config, port = bench.work / "nginx.conf", bench.free_port()
    config.write_text(NGINX.format(work=bench.work, port=port, workers=os.cpu_count()))
    return started(bench, "nginx", ["nginx", "-c", str(config), "-e", str(bench.work / "nginx.log")], port, "/tile.mvt")


def warm(bench):
    """A tile that is kept, asked for by 64 connections: requests a second."""
    if not shutil.which("wrk"):
        bench.record("warm tile, 64 connections", 0.0, unit="1/s", peer="martin", target="1 x", note="wrk not installed")
        return
    server = bench.second_server("warm-tiles", (), caches=True)
    layer = "parcels200k"
    z, x, y = data.tile_at(16, *middle(layer))
    path = f"/tiles/{layer}/{z}/{x}/{y}.mvt"
    status, body, _, headers = bench.client(server.port).get(path, GZIP)
    if status != 200 or headers.get("Content-Encoding") != "gzip":
        raise SystemExit(f"no warm tile {path}: {status} {headers}")
    peers = {}
    try:
        peers["martin"] = start_martin(bench, 512)
        peers["nginx"] = start_nginx(bench, body)
        urls = {"DataSud": f"http://127.0.0.1:{server.port}{path}"}
        if peers["martin"]:
            urls["martin"] = f"http://127.0.0.1:{peers['martin'][1]}/{layer}/{z}/{x}/{y}"
        if peers["nginx"]:
            urls["nginx"] = f"http://127.0.0.1:{peers['nginx'][1]}/tile.mvt"
        medians = dict(zip(urls, bench.alternate(*[lambda _, url=url: rate(url) for url in urls.values()])))
        for name, target in (("martin", "1 x or more"), ("nginx", "0.8 x or more")):
            bench.record(f"warm tile of {len(body) // 1024} kB gzip, 64 connections", medians["DataSud"], medians.get(name), unit="1/s", peer=name, target=target)
    finally:
        stop(peers)
        server.stop()
