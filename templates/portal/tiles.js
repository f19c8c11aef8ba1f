// The map on the page of a layer's tiles. Without this file the page shows a picture, and all its addresses.
import * as maplibregl from "./maplibre-gl-6.17.0/maplibre-gl.mjs";

const place = document.getElementById("map");
const words = JSON.parse(place.dataset.words);
const choices = document.getElementById("choices");
const style = document.getElementById("style");
const told = document.getElementById("map-error");
const properties = document.getElementById("properties");
const zoom = document.getElementById("zoom");

const complain = (message) => {
  told.hidden = false;
  told.textContent = message;
};

// Styles have the platform's public address; the page may be looked at by another one.
const here = (url) => (url.startsWith(place.dataset.public)
  ? { url: location.origin + place.dataset.root + url.slice(place.dataset.public.length) }
  : undefined);

const line = (list, name, value) => {
  const group = document.createElement("div");
  group.append(Object.assign(document.createElement("dt"), { textContent: name }));
  group.append(Object.assign(document.createElement("dd"), { textContent: value }));
  list.append(group);
};

const show = (feature) => {
  properties.replaceChildren();
  if (!feature) {
    properties.append(Object.assign(document.createElement("p"), { className: "meta", textContent: words.none }));
    return;
  }
  const list = document.createElement("dl");
  if (feature.id !== undefined) line(list, "fid", feature.id);
  for (const [name, value] of Object.entries(feature.properties)) line(list, name, value);
  properties.append(list);
};

const begin = () => {
  place.hidden = false;
  const bounds = place.dataset.bounds.split(",").map(Number);
  const map = new maplibregl.Map({
    container: place,
    style: style.value,
    ...(bounds.length === 4 ? { bounds, fitBoundsOptions: { padding: 24, maxZoom: 16 } } : {}),
    locale: words,
    transformRequest: here,
  });
  map.addControl(new maplibregl.NavigationControl());
  map.addControl(new maplibregl.FullscreenControl());
  map.addControl(new maplibregl.ScaleControl(), "bottom-left");
  choices.hidden = false;
  choices.addEventListener("submit", (event) => event.preventDefault());
  style.addEventListener("change", () => map.setStyle(style.value));
  document.getElementById("borders").addEventListener("change", (event) => {
    map.showTileBoundaries = event.target.checked;
  });
  const tell = () => { zoom.textContent = `${words.zoom} ${map.getZoom().toFixed(1)}`; };
  map.on("zoom", tell);
  map.on("load", tell);
  map.on("click", (event) => show(map.queryRenderedFeatures(event.point)[0]));
  map.on("error", (event) => complain(`${words.broken} : ${event.error?.message ?? ""}`));
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point).length ? "pointer" : "";
  });
  place.dispatchEvent(new CustomEvent("ready", { detail: map }));
};

try {
  begin();
} catch {
  place.hidden = true;
  complain(words.missing);
}
