// Drawing the graph: dagre lays it out in layers, Cytoscape draws it.
(function (bg) {
  const stage = bg.$("g-stage");
  const narrow = matchMedia("(max-width: 560px)");
  bg.narrow = () => narrow.matches;
  let cy = null, acts = null;

  const font = 'ui-monospace, "DejaVu Sans Mono", monospace';
  const pen = document.createElement("canvas").getContext("2d");
  function widthOf(text) {
    pen.font = "12px " + font;
    return Math.ceil(pen.measureText(text).width) + 20;
  }

  // label is the end of a path that fits; the lists beside the drawing have it whole.
  function label(text) {
    const parts = text.split("/");
    let out = parts.pop() || text;
    const most = bg.narrow() ? 16 : 34;
    while (parts.length && out.length + parts[parts.length - 1].length < most - 8) out = parts.pop() + "/" + out;
    if (parts.length && !bg.narrow()) out = "…/" + out;
    return bg.middle(out, most);
  }

  function elements(state, tell) {
    const list = [];
    for (const [node, at] of state.drawn.nodes) {
      // Before the name how many of its inputs are not drawn, behind it how many of what
      // it feeds.
      const own = tell.label(node, label), text = (at.up ? "+" + bg.number(at.up) + " › " : "") + own + (at.down ? " › +" + bg.number(at.down) : "");
      list.push({ data: { id: node, side: at.side, beyond: at.beyond, label: own, text, up: at.up || 0, down: at.down || 0, w: widthOf(text), kind: tell.kind(node), focus: node === state.focus ? 1 : 0 } });
    }
    for (const [from, to, pulls] of state.drawn.edges) {
      list.push({ data: { id: from + ">" + to, source: from, target: to, pulls, near: from === state.focus || to === state.focus ? (state.shown.size ? 0 : 1) : pulls ? 0 : -1 } });
    }
    for (const r of state.drawn.rest) {
      const id = "more " + r.way + r.node, text = "and " + bg.number(r.count) + " more" + (r.listed ? ", in the list" : "");
      list.push({ data: { id, label: text, text, w: widthOf(text), kind: "more", focus: 0, way: r.way, listed: r.listed, side: r.way } });
      list.push({ data: { id: id + ">", source: r.way === "up" ? id : r.node, target: r.way === "up" ? r.node : id, pulls: true, near: 0 } });
    }
    return list;
  }

  // shelves puts many neighbours that lead no further into columns of some rows, the
  // first of them next to the chosen node: one column of hundreds nobody can look at.
  function shelves(list, at, way) {
    const side = list.filter((e) => e.data.side === way && e.data.source === undefined), rows = 14;
    if (side.length <= rows + 2) return;
    const step = Math.max(...side.map((e) => e.data.w)) + 26, out = way === "up" ? -1 : 1;
    side.forEach((e, i) => {
      const col = Math.floor(i / rows), row = i % rows - (Math.min(rows, side.length - col * rows) - 1) / 2;
      e.position = { x: at.x + out * (70 + (col + 0.75) * step), y: at.y + row * 38 };
    });
  }

  // stack is the layout of a narrow window, where layers beside each other have no room:
  // the chosen node, above it in rows of two what it was made from, below it what it
  // feeds; the nearer, the closer.
  function stack(list) {
    const nodes = list.filter((e) => e.data.source === undefined);
    nodes.find((e) => e.data.focus).position = { x: 0, y: 0 };
    for (const [way, out] of [["up", -1], ["down", 1]]) {
      let y = out * 14;
      for (const level of ["side", "beyond"]) {
        const near = nodes.filter((e) => e.data[level] === way);
        if (near.length) y += out * 18; // for the edges
        for (let i = 0; i < near.length; i += 2) {
          const row = near.slice(i, i + 2), wide = row.reduce((sum, e) => sum + e.data.w, 14 * (row.length - 1));
          let x = -wide / 2;
          y += out * 40;
          for (const e of row) {
            e.position = { x: x + e.data.w / 2, y };
            x += e.data.w + 14;
          }
        }
      }
    }
  }

  // layout is that of a wide window: layers from left to right.
  function layout(list, state) {
    const g = new dagre.graphlib.Graph();
    g.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 70, marginx: 10, marginy: 10 });
    g.setDefaultEdgeLabel(() => ({}));
    // From the last to the first: dagre puts what it meets first lowest, beginning with
    // what nothing leads to. "And 230 more" shall be the lowest.
    const more = list.find((e) => e.data.kind === "more" && e.data.way === "up");
    if (more && [...state.drawn.nodes.values()].some((n) => n.depth === 2)) {
      g.setNode("pad", { width: 1, height: 28 });
      g.setEdge("pad", more.data.id);
    }
    for (const e of list.toReversed()) {
      if (e.data.source === undefined) g.setNode(e.data.id, { width: e.data.w, height: 28 });
      else if (e.data.pulls) g.setEdge(e.data.source, e.data.target);
    }
    dagre.layout(g);
    for (const e of list) {
      if (e.data.source !== undefined) continue;
      const at = g.node(e.data.id);
      e.position = { x: at.x, y: at.y };
    }
    const focus = list.find((e) => e.data.focus).position;
    for (const way of state.system ? ["up", "down"] : state.shown.keys()) shelves(list, focus, way);
  }

  function style(across) {
    const c = bg.color, ink = c("ink"), card = c("card"), kinds = ["project", "generated", "system", "tool"];
    const out = [
      { selector: "node", style: {
        shape: "round-rectangle", width: "data(w)", height: 28, "corner-radius": 7, label: "data(text)", "font-family": font, "font-size": 12, color: ink,
        "text-valign": "center", "text-halign": "center", "background-color": card, "border-width": 1.5, "border-color": c("edge"), "overlay-opacity": 0 } },
      { selector: "edge", style: {
        width: 1.2, "line-color": c("edge"), opacity: 0.45, "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": c("edge"), "arrow-scale": 0.8,
        "source-endpoint": across ? "90deg" : "180deg", "target-endpoint": across ? "270deg" : "0deg", "overlay-opacity": 0 } },
      { selector: "edge[near = 1]", style: { width: 1.6, opacity: 0.95 } },
      { selector: "edge[near < 0]", style: { width: 1, opacity: 0.16, "target-arrow-shape": "none" } },
      { selector: "node[kind = 'recipe']", style: { shape: "rectangle" } },
    ];
    for (const k of kinds) out.push({ selector: "node[kind = '" + k + "']", style: { "border-color": c(k) } }, { selector: "node[kind = '" + k + "'][focus = 1]", style: { "background-color": c(k) } });
    out.push(
      { selector: "node[focus = 1]", style: { color: card, "font-weight": "bold", "border-width": 3 } },
      { selector: "node[kind = 'recipe'][focus = 1]", style: { "background-color": c("edge") } },
      { selector: "node[kind = 'more']", style: { "border-style": "dashed", "border-width": 1, color: c("link"), "font-family": "system-ui, sans-serif" } },
      { selector: "node.over", style: { "border-width": 3 } });
    return out;
  }

  // frame puts the chosen node in the middle, at a size that can be read.
  function frame() {
    cy.fit(undefined, 18);
    const focus = cy.$("node[focus = 1]");
    const least = 0.62;
    if (cy.zoom() > 1.15) { cy.zoom(1.15); cy.center(); }
    if (cy.zoom() >= least) return;
    cy.zoom(least);
    cy.center(focus);
    // Not more of the window is empty than needs to be.
    const box = cy.elements().renderedBoundingBox({ includeLabels: false }), edge = 18;
    const shift = (from, to, size) => to - from < size - 2 * edge ? (size - from - to) / 2 : from > edge ? edge - from : to < size - edge ? size - edge - to : 0;
    cy.panBy({ x: shift(box.x1, box.x2, cy.width()), y: shift(box.y1, box.y2, cy.height()) });
  }

  // said is a node in words: its name, and what of it is not drawn.
  function said(n) {
    const lacking = [n.up && bg.many(n.up, "input"), n.down && bg.many(n.down, "user")].filter(Boolean);
    return acts.name(n.id) + ": " + acts.tells(n.id) + (lacking.length ? "; not drawn: " + lacking.join(", ") : "");
  }

  // describe says what the drawing shows, and how much it does not.
  function describe(state) {
    const nodes = [...state.drawn.nodes.values()], partly = nodes.filter((n) => n.up || n.down).length;
    stage.setAttribute("aria-label", "Drawing of what " + acts.name(state.focus) + " was made from and what it feeds: " + bg.many(nodes.length, "node") + (partly ? ", " + bg.number(partly) + " with inputs or users that are not drawn" : "") + "; the lists beside it hold the same");
  }

  bg.drawGraph = function (state, tell) {
    acts = tell;
    const across = !bg.narrow(), list = elements(state, tell);
    if (across) layout(list, state); else stack(list);
    if (!cy) {
      cy = cytoscape({ container: stage, minZoom: 0.15, maxZoom: 2.5, boxSelectionEnabled: false, autounselectify: true, autoungrabify: true });
      cy.on("tap", "node", (e) => {
        const n = e.target.data();
        if (n.kind === "more") acts.more(n.way, n.listed);
        else acts.show(n.id);
      });
      cy.on("mouseover", "node", (e) => { e.target.addClass("over"); stage.style.cursor = "pointer"; if (e.target.data("kind") !== "more") stage.title = said(e.target.data()); });
      cy.on("mouseout", "node", (e) => { e.target.removeClass("over"); stage.style.cursor = ""; stage.title = ""; });
      const zoom = (k) => cy.zoom({ level: cy.zoom() * k, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
      bg.$("g-in").onclick = () => zoom(1.3);
      bg.$("g-out").onclick = () => zoom(1 / 1.3);
      bg.$("g-fit").onclick = () => cy.fit(undefined, 18);
      narrow.addEventListener("change", () => acts.show(state.focus, true));
      bg.cy = cy;
    }
    cy.batch(() => {
      cy.elements().remove();
      cy.style(style(across));
      cy.add(list);
    });
    stage.style.cursor = "";
    stage.title = "";
    describe(state);
    cy.resize();
    frame();
  };
})(window.buildgraph);
