// The graph: what is around a target or file, in both directions. A node is a file,
// "f" and its number, or an action of several files, "a" and its number; an action
// that made one file is drawn as that file. Of a file is shown what its recipe read,
// whether that made other files or not: the box of a recipe stands only where it leads
// to several files.
(function (bg) {
  bg.section("graph", ["graph"], function (d) {
    const acts = d.acts;
    const state = { focus: "", past: [], system: false, shown: new Map(), drawn: null }; // shown: neighbours by way, where more were asked for
    const drawnMost = 300; // neighbours in one direction: what a person can still look at
    const hidden = (f) => !state.system && d.files.cls[f] > 1;

    function ofAction(a) {
      return acts.outAt[a + 1] - acts.outAt[a] === 1 ? "f" + acts.out[acts.outAt[a]] : "a" + a;
    }
    const number = (node) => +node.slice(1);
    const slice = (at, list, i) => list.subarray(at[i], at[i + 1]);

    // makers are the actions that answer for a file: that of its name, if there is one.
    function makers(f) {
      const all = slice(d.makers.at, d.makers.list, f), own = all.filter((a) => acts.r[a] >= 0 && d.actName(a) === d.fileName(f));
      return own.length ? own : all;
    }
    const made = (a) => slice(acts.outAt, acts.out, a);
    const read = (a) => Array.from(slice(acts.inAt, acts.in, a).filter((f) => !hidden(f)), (f) => "f" + f);

    // fileOf is where to look at an action: at the file of its name, where it made one.
    function fileOf(a) {
      const f = made(a).find((f) => d.fileName(f) === d.actName(a));
      return f === undefined ? ofAction(a) : "f" + f;
    }

    // next lists the neighbours of a node: "up" is what it was made from.
    const known = new Map();
    function next(node, way) {
      const key = way + node;
      if (known.has(key)) return known.get(key);
      const i = number(node), out = new Set();
      const add = (list) => list.forEach((n) => out.add(n));
      if (node[0] === "a") add(way === "up" ? read(i) : Array.from(made(i), (f) => "f" + f));
      else if (way === "up") makers(i).forEach((a) => add(read(a)));
      else for (const a of slice(d.readers.at, d.readers.list, i)) out.add(ofAction(a));
      out.delete(node);
      const rank = (n) => n[0] === "a" ? 0 : [1, 0, 3, 2][d.files.cls[number(n)]];
      // What few others use says more of a target than what all do.
      const uses = (n) => n[0] === "a" ? 0 : d.readers.at[number(n) + 1] - d.readers.at[number(n)];
      const list = [...out].sort((x, y) => rank(x) - rank(y) || uses(x) - uses(y) || number(x) - number(y));
      known.set(key, list);
      return list;
    }

    // The box of a recipe is no file, though it mostly has the name of one.
    const box = (a) => acts.r[a] >= 0 ? "recipe of " : "process ";
    const name = (node) => node[0] === "f" ? d.fileName(number(node)) : box(number(node)) + d.actName(number(node));
    // label is a name in the drawing, where only so much of a path stands as has room.
    const label = (node, short) => node[0] === "f" ? short(name(node)) : box(number(node)) + short(d.actName(number(node)));
    const kind = (node) => node[0] === "f" ? bg.classes[d.files.cls[number(node)]] : "recipe";

    // tells says in words how many neighbours a node has, drawn or not.
    const tells = (node) => ["up", "down"].map((way) => (way === "up" ? "made from " : "feeds ") + bg.number(next(node, way).length)).join(", ");

    // into lists what leads to a node in a drawing of some nodes: to a file the box of the
    // action that made it, if it is drawn, else what that read.
    function into(node, nodes) {
      if (node[0] === "a") return next(node, "up");
      const all = new Set();
      for (const a of makers(number(node))) (nodes.has("a" + a) ? ["a" + a] : read(a)).forEach((n) => all.add(n));
      all.delete(node);
      return [...all];
    }

    // drawn is as much of a list as is drawn: of system files and tools as many as of the
    // project's, since who asks for them wants to see some.
    function drawn(list, share) {
      const of = (system) => list.filter((n) => (n[0] === "f" && d.files.cls[number(n)] > 1) === system).slice(0, share);
      const level = [...of(false), ...of(true)];
      return list.length === level.length + 1 ? list : level; // "and 1 more" takes as much room as the one
    }

    // around collects what is drawn: a share of the neighbours, and some of theirs, no
    // more than can be looked at. What else the chosen node has is a node "and 230
    // more", which opens when it is clicked.
    function around(focus) {
      const nodes = new Map([[focus, { depth: 0 }]]), led = new Map(), rest = [], column = bg.narrow() ? 6 : 13;
      for (const way of ["up", "down"]) {
        const all = next(focus, way).filter((n) => !nodes.has(n)), asked = state.shown.get(way);
        const share = Math.min(asked || column, drawnMost), level = drawn(all, share);
        for (const n of level) nodes.set(n, { depth: 1, side: way });
        if (all.length > level.length) rest.push({ node: focus, way, count: all.length - level.length, listed: share >= drawnMost });
        let room = asked || level.length > column + 1 ? 0 : bg.narrow() ? column - level.length : column;
        for (let each = 0; each < 8 && room > 0; each++) { // one of each before a second of any
          for (const n of level) {
            const m = room > 0 && next(n, way).filter((m) => !nodes.has(m))[0];
            if (m) { nodes.set(m, { depth: 2, beyond: way }); led.set(m, n); room--; }
          }
        }
      }
      // Edges further out than to the neighbours are drawn, and do not pull: the columns
      // stay together.
      const edges = [];
      for (const n of nodes.keys()) {
        for (const m of into(n, nodes)) {
          if (nodes.has(m)) edges.push([m, n, nodes.get(n).depth < 2 && nodes.get(m).depth < 2 || led.get(n) === m || led.get(m) === n]);
        }
      }
      // What has more neighbours than are drawn says so; the chosen node has its "and
      // 230 more".
      for (const [n, at] of nodes) {
        if (n === focus) continue;
        at.up = into(n, nodes).filter((m) => !nodes.has(m)).length;
        const leads = (m) => nodes.has(m) || m[0] === "a" && made(number(m)).some((f) => nodes.has("f" + f));
        at.down = next(n, "down").filter((m) => !leads(m)).length;
      }
      return { nodes, rest, edges };
    }

    function show(node, back) {
      if (!back && state.focus && state.focus !== node) state.past.push(state.focus);
      state.focus = node;
      if (node[0] === "f" && hidden(number(node))) setSystem(true);
      state.shown.clear();
      draw();
      side();
      bg.$("g-live").textContent = name(node) + ": " + tells(node);
    }
    function draw() {
      state.drawn = around(state.focus);
      bg.drawGraph(state, { name, kind, show, tells, label, more(way, listed) {
        if (listed) return listAll(way);
        state.shown.set(way, (state.shown.get(way) || 13) * 3);
        draw();
      } });
    }
    function setSystem(yes) {
      state.system = yes;
      bg.$("g-system").checked = yes;
      known.clear();
    }

    // listAll leads to the rest of a list, where the drawing would be too large.
    function listAll(way) {
      const more = bg.$("g-" + way).querySelector(".rest");
      if (more) more.focus();
    }

    // side tells of the chosen node in words, and lists its neighbours as buttons.
    const listMost = { up: 60, down: 60 };
    function side() {
      const node = state.focus;
      bg.$("g-name").textContent = name(node);
      bg.$("g-back").disabled = !state.past.length;
      about(node);
      for (const way of ["up", "down"]) {
        const all = next(node, way);
        bg.$("g-" + way + "-title").textContent = (way === "up" ? "Made from " : "Feeds ") + (all.length ? bg.number(all.length) : "");
        fill(bg.$("g-" + way), all, listMost[way], way);
      }
    }
    function fill(ul, all, most, way) {
      const rows = all.slice(0, most).map((n) => {
        const b = bg.el("button", { type: "button", className: kind(n), title: (bg.classNames[bg.classes.indexOf(kind(n))] || "recipe") + ": " + tells(n) }, name(n));
        b.onclick = () => { show(n); bg.$("g-name").focus({ preventScroll: true }); };
        return bg.el("li", {}, b);
      });
      if (all.length > most) {
        const b = bg.el("button", { type: "button", className: "rest" }, "and " + bg.number(all.length - most) + " more");
        b.onclick = () => { fill(ul, all, most * 4, way); ul.children[most].firstChild.focus(); };
        rows.push(bg.el("li", {}, b));
      }
      if (!all.length) rows.push(bg.el("li", { className: "none" }, way === "up" ? "nothing that the build made it from" : "nothing that the build made"));
      ul.replaceChildren(...rows);
    }
    function about(node) {
      const i = number(node), words = [];
      let act = node[0] === "a" ? i : -1;
      if (node[0] === "f") {
        words.push(bg.classNames[d.files.cls[i]] + ", read by " + bg.many(d.files.rd[i], "program"));
        act = makers(i).at(-1) ?? -1;
      }
      const command = bg.$("g-command"), time = bg.$("g-time");
      command.hidden = time.hidden = true;
      if (act >= 0) {
        const set = acts.r[act] >= 0 ? d.recs : d.procs, k = acts.r[act] >= 0 ? acts.r[act] : acts.p[act];
        if (k >= 0) {
          words.push((set === d.recs ? "recipe" : "process") + " took " + bg.took(set.dur[k]) + (set.exit[k] ? ", " + bg.ended(set.exit[k]) : ""));
          if (node[0] === "f") words.push(...together(act, i));
          command.textContent = d.s[set.cmd[k]];
          command.hidden = !command.textContent;
          time.hidden = false;
          time.onclick = () => bg.open("timeline").then(() => { bg.timeline.choose(set === d.recs ? "recipes" : "processes", k); bg.goTo("timeline", bg.$("tl-stage")); });
        }
      }
      bg.$("g-about").textContent = words.join("; ");
    }

    // together tells of an action that it made more than one file.
    function together(act, file) {
      if (acts.r[act] >= 0 && d.actName(act) !== d.fileName(file)) return ["made by the recipe of " + d.actName(act)];
      const others = Array.from(made(act)).filter((f) => f !== file), most = others.length === 4 ? 4 : 3;
      if (!others.length) return [];
      const names = others.slice(0, most).map(d.fileName).join(", ");
      return ["it also made " + names + (others.length > most ? " and " + bg.number(others.length - most) + " more" : "")];
    }

    bg.graph = {
      show, ofAction: fileOf, tells,
      // named shows what has a name, and says whether anything has.
      named(text) {
        const f = d.fileAt.get(text), r = d.recAt.get(text);
        const act = r === undefined ? undefined : d.actOfRec.get(r);
        if (f !== undefined) show("f" + f);
        else if (act !== undefined) show(fileOf(act));
        else return false;
        return true;
      },
      focus: () => name(state.focus),
    };
    bg.search(d, (node) => { show(node); });
    bg.$("g-back").onclick = () => { if (state.past.length) show(state.past.pop(), true); };
    bg.$("g-system").onchange = (e) => { setSystem(e.target.checked); state.shown.clear(); draw(); side(); };
    bg.onTheme(() => { if (state.focus) draw(); });

    // It begins with what says most of the build: what was put together from the most
    // files of the build, and is no part of something else; a recipe's rather than a
    // process's.
    let best = -Infinity, first = "";
    for (let a = 0; a < acts.n; a++) {
      const node = fileOf(a), up = next(node, "up"), made = up.filter((n) => kind(n) === "generated").length;
      const weight = made * 1e3 + up.length - (next(node, "down").length ? 1e6 : 0) - (acts.outAt[a + 1] > acts.outAt[a] ? 0 : 1e7) - (acts.r[a] >= 0 ? 0 : 1e8);
      if (weight > best) { best = weight; first = node; }
    }
    if (first === "" && d.files.path.length) first = "f" + Math.max(0, d.files.cls.indexOf(0));
    if (first) show(first);
    else bg.$("g-about").textContent = "The build used no file that can be shown.";
  });

  // Links in the page that show a name in the graph.
  document.addEventListener("click", (e) => {
    const a = e.target.closest && e.target.closest("a[data-show]");
    if (!a) return;
    e.preventDefault();
    bg.open("graph").then(() => { bg.graph.named(a.dataset.show); bg.goTo("graph", bg.$("g-name")); });
  });
})(window.buildgraph);
