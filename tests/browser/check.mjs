// Maps of a running server in Chromium; `run` starts one. Each check opens a page of its own, and fails on any error in
// the console and on any answer that is one.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const server = process.argv[2] ?? "http://127.0.0.1:8080";
const pictures = process.env.PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

// Pages of another origin than the server's, as those of its users are.
const modules = new URL("./node_modules/", import.meta.url);
const library = new URL("../../templates/vendor/maplibre-gl/", import.meta.url);
const pages = new Map();
const web = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const type = path.endsWith(".css") ? "text/css" : path.endsWith("js") ? "text/javascript" : "text/html";
  response.setHeader("content-type", `${type}; charset=utf-8`);
  try {
    if (pages.has(path)) response.end(pages.get(path));
    else if (path.startsWith("/maplibre-gl/")) response.end(readFileSync(new URL(path.slice(13), library)));
    else response.end(readFileSync(new URL(path.slice(1), modules)));
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
const own = `http://127.0.0.1:${web.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});

const frame = (head, script) => `<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>t</title>
<link rel="icon" href="data:,">${head}<style>body{margin:0}#map{width:500px;height:400px;background:#fff}</style></head>
<body><div id="map"></div><script type="module">${script}</script></body></html>`;

async function check(name, address, look, size = { width: 500, height: 400 }) {
  const page = await browser.newPage({ viewport: size });
  const wrong = [];
  const asked = [];
  page.on("console", (message) => { if (message.type() === "error") wrong.push(message.text()); });
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("requestfailed", (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    asked.push(response.url());
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(address);
  try {
    await look(page, asked);
  } finally {
    if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
  }
  assert.deepEqual(wrong, [], name);
  await page.close();
  console.log(`${name}: well`);
}

// How many pixels of a screenshot are of a colour; screenshots are decoded by the browser itself.
async function count(page, colour, by = 40) {
  const shot = (await page.locator("#map").screenshot()).toString("base64");
  return page.evaluate(async ([data, [r, g, b], off]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      if (Math.abs(pixels[i] - r) < off && Math.abs(pixels[i + 1] - g) < off && Math.abs(pixels[i + 2] - b) < off) found += 1;
    }
    return found;
  }, [shot, colour, by]);
}

// Styles with icons, a hatch, labels: put beside those of the demo.
async function put(layer, name, sld) {
  const answer = await fetch(`${server}/ogc/styles/${layer}.${name}`, {
    method: "PUT", headers: { "content-type": "application/vnd.ogc.sld+xml;version=1.1" }, body: sld,
  });
  assert.ok(answer.ok, `${layer}.${name}: ${answer.status} ${await answer.text()}`);
}
const rule = (symbolizer) => `<FeatureTypeStyle xmlns="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc"><Rule>${symbolizer}</Rule></FeatureTypeStyle>`;
const paint = (kind, colour) => `<${kind}><SvgParameter name="${kind.toLowerCase()}">${colour}</SvgParameter></${kind}>`;
await put("equipements", "carres", rule(`<PointSymbolizer><Graphic><Mark><WellKnownName>square</WellKnownName>${paint("Fill", "#cc0000")}</Mark><Size>14</Size></Graphic></PointSymbolizer>`));
await put("communes", "hachures", rule(`<PolygonSymbolizer><Fill><GraphicFill><Graphic><Mark><WellKnownName>shape://slash</WellKnownName>${paint("Stroke", "#0000cc")}</Mark><Size>8</Size></Graphic></GraphicFill></Fill></PolygonSymbolizer>`));
await put("communes", "noms", rule(`<TextSymbolizer><Label><ogc:PropertyName>nom</ogc:PropertyName></Label><Font><SvgParameter name="font-family">DejaVu Serif</SvgParameter><SvgParameter name="font-weight">bold</SvgParameter><SvgParameter name="font-size">20</SvgParameter></Font>${paint("Fill", "#006600")}</TextSymbolizer>`));

await put("communes", "cercles", rule(`<PointSymbolizer><Graphic><Mark><WellKnownName>circle</WellKnownName>${paint("Fill", "#00aa00")}<Stroke><SvgParameter name="stroke">#aa00aa</SvgParameter><SvgParameter name="stroke-width">3</SvgParameter></Stroke></Mark><Size><ogc:Add><ogc:Literal>12</ogc:Literal><ogc:Div><ogc:PropertyName>population</ogc:PropertyName><ogc:Literal>1000</ogc:Literal></ogc:Div></ogc:Add></Size></Graphic></PointSymbolizer>`));

const mapLibre = (layer, style) => frame('<link rel="stylesheet" href="/maplibre-gl/maplibre-gl.css">', `
import * as maplibregl from '/maplibre-gl/maplibre-gl.mjs'
const tiles = await (await fetch('${server}/tiles/${layer}.json')).json()
window.map = new maplibregl.Map({ container: 'map', style: '${server}/styles/${layer}/${style}.json',
  center: [5.73, 43.58], zoom: 9, fadeDuration: 0 })
map.once('idle', () => { window.done = true })`);
const drawn = (page) => page.waitForFunction("window.done === true", undefined, { timeout: 60_000 });

pages.set("/icons", mapLibre("equipements", "carres"));
await check("icons from the sprite", `${own}/icons`, async (page, asked) => {
  await drawn(page);
  assert.ok(await count(page, [204, 0, 0]) > 300);
  assert.ok(asked.some((url) => url.includes("/styles/equipements/carres/sprite")), asked.join("\n"));
  const ids = await page.evaluate("map.queryRenderedFeatures().map(feature => feature.id)");
  assert.ok(ids.length > 5 && ids.every(Number.isInteger), JSON.stringify(ids));
});

pages.set("/hatch", mapLibre("communes", "hachures"));
await check("a hatch", `${own}/hatch`, async (page) => {
  await drawn(page);
  // Thin slanting lines are pale: neither all is blue nor nothing.
  const blue = await count(page, [80, 80, 215], 80);
  assert.ok(blue > 20_000 && blue < 150_000, String(blue));
});

pages.set("/fields", mapLibre("communes", "cercles"));
await check("circles on areas, as large as the data say", `${own}/fields`, async (page) => {
  await drawn(page);
  const [green, border] = [await count(page, [0, 170, 0]), await count(page, [170, 0, 170])];
  assert.ok(green > 1_000 && green < 60_000 && border > 1_000, `${green}, ${border}`);
});

pages.set("/mlt", frame('<link rel="stylesheet" href="/maplibre-gl/maplibre-gl.css">', `
import * as maplibregl from '/maplibre-gl/maplibre-gl.mjs'
const communes = { type: 'vector', encoding: 'mlt', tiles: ['${server}/tiles/communes/{z}/{x}/{y}.mlt'], maxzoom: 14 }
const fill = { id: 'fill', type: 'fill', source: 'communes', 'source-layer': 'communes', paint: { 'fill-color': '#00aa00' } }
window.map = new maplibregl.Map({ container: 'map', center: [5.73, 43.58], zoom: 9, fadeDuration: 0,
  style: { version: 8, sources: { communes }, layers: [fill] } })
map.once('idle', () => { window.done = true })`));
await check("MapLibre Tiles", `${own}/mlt`, async (page, asked) => {
  await drawn(page);
  assert.ok(await count(page, [0, 170, 0]) > 50_000);
  assert.ok(asked.some((url) => url.endsWith(".mlt")), asked.join("\n"));
  const names = await page.evaluate("map.queryRenderedFeatures().map(feature => [feature.id, feature.properties.nom])");
  assert.ok(names.length > 5 && names.every(([id, name]) => Number.isInteger(id) && name), JSON.stringify(names));
});

pages.set("/labels", mapLibre("communes", "noms"));
await check("labels with the letters of the server", `${own}/labels`, async (page, asked) => {
  await drawn(page);
  assert.ok(await count(page, [0, 102, 0], 60) > 500);
  const letters = asked.filter((url) => url.includes("/fonts/"));
  assert.ok(letters.some((url) => decodeURIComponent(url).includes("/fonts/DejaVu Serif Bold,DejaVu Sans Bold/0-255.pbf")), letters.join("\n"));
});

pages.set("/state", mapLibre("communes", "default"));
await check("feature-state by identifier", `${own}/state`, async (page) => {
  await drawn(page);
  assert.equal(await count(page, [255, 0, 255], 20), 0);
  await page.evaluate(async () => {
    const [feature] = map.queryRenderedFeatures([250, 200], { layers: map.getStyle().layers.filter((l) => l.type === "fill").map((l) => l.id) });
    map.addLayer({ id: "chosen", type: "fill", source: "communes", "source-layer": "communes",
      paint: { "fill-color": "#ff00ff", "fill-opacity": ["case", ["boolean", ["feature-state", "on"], false], 1, 0] } });
    map.setFeatureState({ source: "communes", sourceLayer: "communes", id: feature.id }, { on: true });
    await new Promise((resolve) => { map.once("idle", resolve); });
  });
  assert.ok(await count(page, [255, 0, 255], 20) > 200);
});

pages.set("/lambert", frame('<link rel="stylesheet" href="/ol/ol.css"><script src="/ol/dist/ol.js"></script><script src="/proj4/dist/proj4.js"></script>', `
proj4.defs('EPSG:2154', '+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +units=m +no_defs')
ol.proj.proj4.register(proj4)
const tiles = await (await fetch('${server}/tiles/communes.json?tileMatrixSet=LAMB93_10cm')).json()
const grid = await (await fetch(tiles['datasud:tileMatrixSet'].definition)).json()
const matrices = grid.tileMatrices.slice(0, tiles.maxzoom + 1)
window.map = new ol.Map({ target: 'map', controls: [],
  layers: [new ol.layer.VectorTile({ source: new ol.source.VectorTile({
    format: new ol.format.MVT({ idProperty: 'fid' }), projection: 'EPSG:2154', url: tiles.tiles[0],
    tileGrid: new ol.tilegrid.TileGrid({ origin: matrices[0].pointOfOrigin,
      resolutions: matrices.map(matrix => matrix.cellSize), tileSize: matrices[0].tileWidth }) }),
    style: { 'fill-color': '#00aa88', 'stroke-color': '#003322', 'stroke-width': 1 } })],
  view: new ol.View({ projection: 'EPSG:2154', center: [915500, 6284000], resolution: 60 }) })
map.once('rendercomplete', () => { window.done = true })`));
await check("vector tiles in Lambert-93 in OpenLayers", `${own}/lambert`, async (page) => {
  await drawn(page);
  assert.ok(await count(page, [0, 170, 136]) > 100_000);
  const name = await page.evaluate("map.getFeaturesAtPixel([250, 200]).map(feature => feature.get('nom'))[0]");
  assert.ok(name, "no feature in the middle");
});

const tilesPage = async (page) => {
  await page.evaluate(() => new Promise((resolve) => {
    const wait = () => (document.querySelector("#zoom").textContent ? resolve() : setTimeout(wait, 100));
    wait();
  }));
  await page.waitForTimeout(1_500);
};
await check("the page of a layer's tiles", `${server}/tiles/communes?f=html`, async (page) => {
  await tilesPage(page);
  await page.locator("#map").click({ position: { x: 300, y: 200 } });
  assert.match(await page.locator("#properties").innerText(), /fid[\s\S]*nom/);
  await page.selectOption("#style", "/styles/communes/hachures.json");
  await page.waitForTimeout(2_000);
  assert.ok(await count(page, [80, 80, 215], 80) > 20_000);
  const before = await count(page, [255, 0, 0], 30);
  await page.check("#borders");
  await page.waitForTimeout(1_000);
  assert.ok(await count(page, [255, 0, 0], 30) > before, "no borders");
}, { width: 1280, height: 1100 });
await check("the page on a narrow screen, in English", `${server}/tiles/equipements?f=html&lang=en`, async (page) => {
  await tilesPage(page);
  assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen");
}, { width: 390, height: 844 });

await browser.close();
web.close();
