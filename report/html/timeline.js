// The timeline: recipes or processes in the rows of their lanes. D3 zooms and drags;
// the keyboard does the same.
(function (bg) {
  const top = bg.timelineTop;
  const stage = bg.$("tl-stage"), canvas = bg.$("tl-canvas"), tip = bg.$("tl-tip"), detail = bg.$("tl-detail");

  bg.section("timeline", ["zoom"], function (d) {
    const view = { d, set: null, kind: "", rows: [], rowOf: null, height: 22, width: 0, left: 0, scale: 1, hover: -1, chosen: -1, top };
    bg.timeline = { range: () => view.range(), choose: (kind, i) => { if (view.kind !== kind) pick(kind); choose(i, true); } };

    // The visible part, in microseconds.
    view.range = () => [d.end * view.left / (view.width * view.scale), d.end * (view.left + view.width) / (view.width * view.scale)];
    view.x = (us) => us / d.end * view.width * view.scale - view.left;

    let drawing = false;
    function redraw() {
      if (drawing) return;
      drawing = true;
      requestAnimationFrame(() => {
        drawing = false;
        bg.drawTimeline(canvas, view);
        const [from, to] = view.range();
        bg.$("tl-range").textContent = view.scale > 1.001 ? bg.took(Math.round(from)) + " to " + bg.took(Math.round(to)) : "whole build, " + bg.$("tl-range").dataset.whole;
      });
    }

    // pick shows recipes or processes: each lane is as many rows as spans are nested in it.
    function pick(kind) {
      view.kind = kind;
      const set = view.set = kind === "recipes" ? d.recs : d.procs;
      const depth = new Array(set.lanes).fill(0);
      set.lane.forEach((l, i) => { depth[l] = Math.max(depth[l], set.depth[i] + 1); });
      const first = [];
      let rows = 0;
      for (const n of depth) { first.push(rows); rows += n; }
      view.rowOf = set.lane.map((l, i) => first[l] + set.depth[i]);
      view.first = first;
      view.rows = Array.from({ length: rows }, () => []);
      view.rowOf.forEach((r, i) => view.rows[r].push(i)); // by start, as the columns are
      view.height = bg.rowHeight(rows);
      view.chosen = view.hover = -1;
      bg.$("tl-table").dataset.table = kind;
      bg.$("tl-table").textContent = "table of " + kind;
      for (const k of ["recipes", "processes"]) bg.$("tl-" + k).setAttribute("aria-pressed", String(k === kind));
      const labels = set.palette.map((p) => d.s[p]);
      if (set.program.some((p) => !set.palette.includes(p))) labels.push("other");
      bg.$("tl-rows").textContent = kind === "recipes" ? rows > set.lanes ? "Each row is a job slot; recipes of a nested make are below the recipe that ran it." : "Each row is a job slot." : "Below a process is what it started.";
      bg.$("tl-legend").replaceChildren(...labels.map((name, i) => {
        const li = bg.el("li", {}, bg.middle(name, 28));
        li.style.setProperty("--swatch", "var(--c" + (name === "other" && i === labels.length - 1 ? "x" : i) + ")");
        return li;
      }));
      stage.setAttribute("aria-label", "Timeline of " + (kind === "recipes" ? bg.many(set.name.length, "recipe") : bg.number(set.name.length) + (set.name.length === 1 ? " process" : " processes")) + " in " + bg.many(set.lanes, kind === "recipes" ? "job slot" : "lane"));
      size();
    }

    function size() {
      view.width = stage.clientWidth;
      const height = bg.timelineHeight(view.rows.length);
      canvas.style.height = height + "px";
      canvas.height = Math.round(height * devicePixelRatio);
      canvas.width = Math.round(view.width * devicePixelRatio);
      zoom.extent([[0, 0], [view.width, height]]).translateExtent([[0, 0], [view.width, height]]);
      area.call(zoom.transform, d3.zoomTransform(stage));
      redraw();
    }

    const zoom = d3.zoom().scaleExtent([1, Math.max(20, d.end / 300)])
      .filter((e) => {
        // Where it would do nothing, or was on its way already, the page scrolls.
        if (e.type === "wheel") return e.ctrlKey || !bg.scrolling() && (view.scale > 1 || e.deltaY < 0);
        if (e.touches && e.touches.length === 1 && view.scale <= 1) return false;
        return !e.button;
      })
      .on("zoom", (e) => {
        view.scale = e.transform.k;
        view.left = -e.transform.x;
        redraw();
      });
    const area = d3.select(stage).call(zoom).on("dblclick.zoom", null);

    // at finds the span below a point, -1 for none.
    function at(px, py) {
      const row = view.rows[Math.floor((py - top) / view.height)];
      if (!row) return -1;
      let lo = 0, hi = row.length;
      while (lo < hi) { const m = (lo + hi) >> 1; if (view.x(view.set.start[row[m]]) <= px + 2) lo = m + 1; else hi = m; }
      for (let k = lo - 1; k >= Math.max(0, lo - 4); k--) {
        const i = row[k];
        if (px <= Math.max(view.x(view.set.start[i] + view.set.dur[i]), view.x(view.set.start[i]) + 2) + 1) return i;
      }
      return -1;
    }

    function tell(i) {
      const s = view.set;
      if (i < 0) return;
      const parts = [bg.el("b", {}, d.s[s.name[i]]), " took " + bg.took(s.dur[i]) + " from " + bg.took(s.start[i]) + ", CPU " + bg.took(s.cpu[i])];
      if (s.exit[i]) parts.push(bg.el("span", { className: "bad" }, ", " + bg.ended(s.exit[i])));
      if (s.alive[i]) parts.push(", its end was not seen");
      const command = d.s[s.cmd[i]];
      if (command) parts.push(bg.el("br"), bg.el("code", {}, bg.head(command, 600)));
      detail.replaceChildren(...parts);
    }

    function choose(i, move) {
      if (i < 0) return;
      view.chosen = i;
      tell(i);
      if (move) {
        const s = view.set, [from, to] = view.range(), mid = s.start[i] + s.dur[i] / 2;
        if (mid < from || mid > to) area.call(zoom.translateTo, mid / d.end * view.width, 0, [view.width / 2, 0]);
      }
      redraw();
    }

    function show(i) {
      const act = view.kind === "recipes" ? d.actOfRec.get(i) : d.actOfProc.get(i) ?? d.actOfRec.get(d.procs.rec[i]);
      if (act === undefined) return;
      bg.open("graph").then(() => { bg.graph.show(bg.graph.ofAction(act)); bg.goTo("graph", bg.$("g-name")); });
    }

    stage.addEventListener("pointermove", (e) => {
      const box = stage.getBoundingClientRect(), px = e.clientX - box.left, py = e.clientY - box.top;
      const i = at(px, py);
      if (i !== view.hover) { view.hover = i; tell(i); redraw(); }
      tip.hidden = i < 0;
      if (i < 0) return;
      tip.replaceChildren(bg.el("b", {}, bg.middle(d.s[view.set.name[i]], 80)), " " + bg.took(view.set.dur[i]));
      tip.style.left = Math.min(px + 12, Math.max(4, view.width - tip.offsetWidth - 6)) + "px";
      tip.style.top = (py + 22 + tip.offsetHeight > stage.clientHeight ? py - tip.offsetHeight - 8 : py + 18) + "px";
    });
    stage.addEventListener("pointerleave", () => { view.hover = -1; tip.hidden = true; redraw(); });
    stage.addEventListener("click", (e) => {
      const box = stage.getBoundingClientRect(), i = at(e.clientX - box.left, e.clientY - box.top);
      if (i < 0) return;
      choose(i, false);
      show(i);
    });

    // step goes to a neighbour: in the row, or the nearest in time in another row.
    function step(dx, dy) {
      const s = view.set, i = view.chosen;
      if (i < 0) return choose(s.start.findIndex((t, k) => t + s.dur[k] >= view.range()[0]), true);
      let r = view.rowOf[i];
      if (dx) return choose(view.rows[r][view.rows[r].indexOf(i) + dx] ?? i, true);
      do r += dy; while (view.rows[r] && !view.rows[r].length);
      if (!view.rows[r]) return;
      const mid = s.start[i] + s.dur[i] / 2;
      choose(view.rows[r].reduce((best, k) => Math.abs(s.start[k] + s.dur[k] / 2 - mid) < Math.abs(s.start[best] + s.dur[best] / 2 - mid) ? k : best), true);
    }
    const center = () => {
      const i = view.chosen, x = i < 0 ? -1 : view.x(view.set.start[i] + view.set.dur[i] / 2);
      return [x >= 0 && x <= view.width ? x : view.width / 2, 0];
    };
    const by = (k) => area.call(zoom.scaleBy, k, center());
    const pan = (part) => area.call(zoom.translateBy, part * view.width / view.scale, 0);
    const fit = () => area.call(zoom.transform, d3.zoomIdentity);
    const keys = {
      "+": () => by(1.6), "=": () => by(1.6), "-": () => by(1 / 1.6), "0": fit, Home: () => pan(1e9), End: () => pan(-1e9),
      ArrowLeft: (e) => e.shiftKey ? pan(0.2) : step(-1, 0), ArrowRight: (e) => e.shiftKey ? pan(-0.2) : step(1, 0),
      ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1), Enter: () => { if (view.chosen >= 0) show(view.chosen); },
    };
    stage.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
      e.preventDefault();
      keys[e.key](e);
    });
    bg.$("tl-in").onclick = () => by(2);
    bg.$("tl-out").onclick = () => by(0.5);
    bg.$("tl-fit").onclick = fit;
    bg.$("tl-recipes").onclick = () => pick("recipes");
    bg.$("tl-processes").onclick = () => pick("processes");
    new ResizeObserver(() => { if (stage.clientWidth !== view.width) size(); }).observe(stage);
    bg.onTheme(redraw);
    pick(d.recs.name.length ? "recipes" : "processes");
  });
})(window.buildgraph);
