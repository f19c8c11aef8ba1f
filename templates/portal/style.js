// Maps that can be moved, and the trial of a style. Without this file the pictures stand still, and the form sends the
// document to the map service, which answers with the map or with what is wrong.

// The picture of a GetMap address, which other boxes of the same map can be asked of.
class LiveMap {
  constructor(figure) {
    this.figure = figure;
    this.img = figure.querySelector("img");
    this.url = new URL(figure.dataset.map, location.href);
    this.whole = this.url.searchParams.get("BBOX").split(",").map(Number);
    this.box = this.whole;
    this.draw = (url) => { this.img.src = url; };
    this.controls();
  }

  controls() {
    const bar = document.createElement("div");
    bar.className = "tools";
    const button = (text, title, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.title = title;
      made.setAttribute("aria-label", title);
      made.addEventListener("click", act);
      bar.append(made);
    };
    button("+", this.figure.dataset.in, () => this.zoom(0.5));
    button("−", this.figure.dataset.out, () => this.zoom(2));
    button("⤢", this.figure.dataset.all, () => this.show(this.whole));
    this.figure.append(bar);
    this.img.tabIndex = 0;
    this.img.title = this.figure.dataset.help;
    this.img.draggable = false;
    this.img.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-0.25, 0], ArrowRight: [0.25, 0], ArrowUp: [0, 0.25], ArrowDown: [0, -0.25] };
      const step = steps[event.key];
      if (step) this.move(...step);
      else if (event.key === "+") this.zoom(0.5);
      else if (event.key === "-") this.zoom(2);
      else return;
      event.preventDefault();
    });
    let from = null;
    this.img.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = [event.clientX, event.clientY];
      this.img.setPointerCapture(event.pointerId);
    });
    this.img.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [across, down] = [event.clientX - from[0], event.clientY - from[1]];
      from = null;
      if (Math.hypot(across, down) > 3) this.move(-across / this.img.clientWidth, down / this.img.clientHeight);
    });
    this.img.addEventListener("pointercancel", () => { from = null; });
  }

  // By parts of its width and height.
  move(across, up) {
    const [left, bottom, right, top] = this.box;
    const [x, y] = [across * (right - left), up * (top - bottom)];
    this.show([left + x, bottom + y, right + x, top + y]);
  }

  zoom(factor) {
    const [left, bottom, right, top] = this.box;
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const [width, height] = [(right - left) * factor / 2, (top - bottom) * factor / 2];
    // From a few metres to the whole Earth.
    if (width < 2 || width > 2.1e7) return;
    this.show([x - width, y - height, x + width, y + height]);
  }

  show(box) {
    this.box = box;
    const url = new URL(this.url);
    url.searchParams.set("BBOX", box.map((v) => v.toFixed(2)).join(","));
    this.draw(url.href);
  }
}

const maps = new Map();
for (const figure of document.querySelectorAll("figure.live")) maps.set(figure, new LiveMap(figure));

const trial = document.getElementById("trial");
if (trial) {
  const text = document.getElementById("sld");
  const told = document.getElementById("trial-error");
  const status = document.getElementById("trial-status");
  const legend = document.getElementById("trial-legend");
  const map = maps.get(trial.querySelector("[data-trial]"));
  let turn = 0;

  // The document is for this layer, whatever it was written for; lines stay where they are.
  const forLayer = () => text.value.replace(
    /(<(?:[\w-]+:)?NamedLayer(?:\s[^>]*)?>\s*<((?:[\w-]+:)?)Name(?:\s[^>]*)?>)[^<]*/,
    (_, begin) => begin + trial.dataset.layer,
  );

  const complain = (message) => {
    told.hidden = false;
    told.textContent = message;
    text.setAttribute("aria-invalid", "true");
    const place = /line (\d+), column (\d+)/.exec(message);
    if (!place) return;
    const [line, column] = [Number(place[1]), Number(place[2])];
    const lines = text.value.split("\n");
    const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const excerpt = document.createElement("code");
    excerpt.textContent = `${line}: ${(lines[line - 1] ?? "").trim().slice(0, 200)}`;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${trial.dataset.goto} ${line}`;
    button.addEventListener("click", () => {
      text.focus();
      text.setSelectionRange(Math.min(begin + column - 1, begin + (lines[line - 1] ?? "").length), begin + (lines[line - 1] ?? "").length);
      text.scrollTop = (line - 3) * (text.scrollHeight / lines.length);
    });
    told.append(document.createElement("br"), excerpt, document.createElement("br"), button);
  };

  const content = () => {
    told.hidden = true;
    text.removeAttribute("aria-invalid");
  };

  // A picture with the document, or what is wrong with it.
  const ask = async (address) => {
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ SLD_BODY: forLayer() }) });
    if ((answer.headers.get("content-type") ?? "").startsWith("image/")) return { blob: await answer.blob() };
    const report = new DOMParser().parseFromString(await answer.text(), "text/xml");
    const message = report.getElementsByTagNameNS("*", "ServiceException")[0]?.textContent;
    return { message: message ?? `${answer.status} ${answer.statusText}` };
  };

  const put = (img, blob) => {
    if (img.src.startsWith("blob:")) URL.revokeObjectURL(img.src);
    img.src = URL.createObjectURL(blob);
    img.removeAttribute("loading");
  };

  const draw = async (address) => {
    const mine = ++turn;
    const url = new URL(trial.action, location.href);
    url.searchParams.set("BBOX", new URL(address, location.href).searchParams.get("BBOX"));
    status.textContent = trial.dataset.busy;
    try {
      const shown = await ask(url.href);
      if (mine !== turn) return;
      if (shown.message) {
        status.textContent = "";
        complain(shown.message);
        return;
      }
      content();
      put(map.img, shown.blob);
      const explained = await ask(trial.dataset.legend);
      if (mine !== turn) return;
      if (explained.blob) put(legend, explained.blob);
      status.textContent = trial.dataset.drawn;
    } catch {
      if (mine === turn) status.textContent = trial.dataset.broken;
    }
  };

  trial.addEventListener("submit", (event) => {
    event.preventDefault();
    map.draw = draw;
    map.show(map.box);
  });

  const load = async (file) => {
    if (!file) return;
    if (file.size > 4e6) complain(trial.dataset.large);
    else {
      text.value = await file.text();
      content();
    }
  };
  document.getElementById("sld-file").addEventListener("change", (event) => load(event.target.files[0]));
  text.addEventListener("dragover", (event) => event.preventDefault());
  text.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    load(event.dataTransfer.files[0]);
  });

  const save = document.getElementById("save");
  if (save) {
    save.hidden = false;
    const said = document.getElementById("save-status");
    const name = document.getElementById("style-name");
    save.addEventListener("submit", async (event) => {
      event.preventDefault();
      name.value = name.value.trim();
      if (!/^[a-z][a-z0-9_-]*$/.test(name.value)) {
        said.textContent = trial.dataset.name;
        return;
      }
      const headers = { "content-type": "application/vnd.ogc.sld+xml" };
      const token = document.getElementById("token");
      if (token) headers.authorization = `Bearer ${token.value.trim()}`;
      said.textContent = "…";
      try {
        const answer = await fetch(save.dataset.address + name.value, { method: "PUT", headers, body: forLayer() });
        if (answer.ok) {
          content();
          said.textContent = trial.dataset.saved;
          return;
        }
        const problem = await answer.json().catch(() => ({}));
        const message = problem.detail ?? problem.title ?? `${answer.status} ${answer.statusText}`;
        said.textContent = message;
        if (/line \d+, column \d+/.test(message)) complain(message);
      } catch {
        said.textContent = trial.dataset.broken;
      }
    });
  }
}
