// The tables. Tabulator keeps only the rows in sight; cells are made of text nodes.
(function (bg) {
  const stage = bg.$("t-stage"), filter = bg.$("t-filter"), choice = bg.$("t-choice"), count = bg.$("t-count");
  const tabs = [...document.querySelectorAll("[role=tab]")];

  bg.section("tables", ["table"], function (d) {
    let table = null, current = "", test = () => true;

    const span = (text, className) => bg.el("span", className ? { className } : {}, text);
    const value = (f, className) => (cell) => span(f(cell.getValue()), className);
    const time = value((v) => bg.took(v));
    const number = value((v) => bg.number(v));
    const text = value((v) => v);
    // line puts a command into one line, which the style sheet cuts at its end; the whole
    // is what pointing at it shows.
    const line = (cell) => {
      const s = cell.getValue();
      return bg.el("span", { className: "line", title: s }, s.replace(/ *\\\n */g, " ").replace(/\n */g, " ⏎ "));
    };
    // inputs are the project's, and how many system files and tools besides.
    const inputs = (cell) => bg.el("span", {}, bg.number(cell.getValue()), span(" + " + bg.number(cell.getRow().getData().system), "faint"));
    const memory = value((v) => !v ? "-" : v >= 1024 ? bg.number(Math.round(v / 1024)) + " MiB" : bg.number(v) + " KiB");
    const exit = (cell) => span(String(cell.getValue()), cell.getValue() ? "bad" : "");
    const link = (cell) => {
      const a = bg.el("a", { className: "go", href: "#graph" }, cell.getValue());
      const file = cell.getRow().getData().cls;
      return file === undefined ? a : bg.el("span", {}, bg.el("span", { className: "dot " + file }), a);
    };
    const column = (title, field, formatter, more) => ({ title, field, formatter, headerSortTristate: false, resizable: true, ...more });
    const num = (title, field, formatter, width, more) => column(title, field, formatter, { hozAlign: "right", headerHozAlign: "right", sorter: "number", headerSortStartingDir: "desc", cssClass: "number", width, ...more });
    const name = (title, more) => column(title, "name", link, { cssClass: "name", minWidth: 150, widthGrow: 2, sorter: "string", ...more });

    const command = column("Command", "cmd", line, { cssClass: "cmd", minWidth: 160, widthGrow: 3, sorter: "string" });
    const files = (i, way) => d.acts[way + "At"][i + 1] - d.acts[way + "At"][i];
    const own = (i) => d.acts.in.subarray(d.acts.inAt[i], d.acts.inAt[i + 1]).filter((f) => d.files.cls[f] < 2).length;
    const show = (node) => { bg.open("graph").then(() => { bg.graph.show(node); bg.goTo("graph", bg.$("g-name")); }); };
    const showAct = (a) => { if (a !== undefined) bg.open("graph").then(() => show(bg.graph.ofAction(a))); };
    const failed = { label: "Show", options: [["all", () => true], ["failed only", (r) => r.exit !== 0]] };

    const kinds = {
      findings: {
        rows: () => d.finds.kind.map((k, i) => ({ i, kind: d.finds.kinds[k], name: d.s[d.finds.input[i]], target: d.s[d.finds.target[i]], place: d.s[d.finds.place[i]], proof: d.s[d.finds.proof[i]] })),
        columns: [column("Kind", "kind", text, { width: 104 }), name("File"), column("Target", "target", text, { cssClass: "name", minWidth: 150, widthGrow: 2 }), column("Rule", "place", text, { minWidth: 130, widthGrow: 1 }), column("Proof", "proof", text, { minWidth: 110, widthGrow: 1, cssClass: "faint" })],
        words: (r) => r.name + " " + r.target + " " + r.kind + " " + r.place,
        choice: { label: "Kind", options: [["all", () => true], ...d.finds.kinds.map((k) => [k, (r) => r.kind === k])] },
        open: (r) => bg.open("graph").then(() => { bg.graph.named(r.target) || bg.graph.named(r.name); bg.goTo("graph", bg.$("g-name")); }),
      },
      recipes: {
        rows: () => d.recs.name.map((n, i) => {
          const a = d.actOfRec.get(i);
          return { i, name: d.s[n], dur: d.recs.dur[i], cpu: d.recs.cpu[i], start: d.recs.start[i], exit: d.recs.exit[i], inputs: a === undefined ? 0 : own(a), system: a === undefined ? 0 : files(a, "in") - own(a), outputs: a === undefined ? 0 : files(a, "out"), cmd: d.s[d.recs.cmd[i]] };
        }),
        sort: "dur",
        columns: [name("Target"), num("Took", "dur", time, 96), num("CPU", "cpu", time, 96), num("Began", "start", time, 96, { headerSortStartingDir: "asc" }), num("Inputs + system", "inputs", inputs, 152), num("Made", "outputs", number, 74), num("Exit", "exit", exit, 66), command],
        words: (r) => r.name + " " + r.cmd, choice: failed, open: (r) => showAct(d.actOfRec.get(r.i)),
      },
      files: {
        rows: () => d.files.path.map((p, i) => ({ i, name: d.s[p], cls: bg.classes[d.files.cls[i]], klass: bg.classNames[d.files.cls[i]], rd: d.files.rd[i], wr: d.files.wr[i] })),
        sort: "rd",
        columns: [name("File", { widthGrow: 4 }), column("Class", "klass", text, { width: 160 }), num("Read by", "rd", number, 110), num("Written by", "wr", number, 120)],
        words: (r) => r.name,
        choice: { label: "Class", options: [["source and made", (r) => r.cls === "project" || r.cls === "generated"], ...bg.classes.map((c, i) => [bg.classNames[i], (r) => r.cls === c]), ["all", () => true]] },
        open: (r) => show("f" + r.i),
      },
      processes: {
        rows: () => d.procs.name.map((n, i) => ({ i, name: d.s[n], pid: d.procs.pid[i], dur: d.procs.dur[i], cpu: d.procs.cpu[i], start: d.procs.start[i], rss: d.procs.rss[i], exit: d.procs.exit[i], cmd: d.s[d.procs.cmd[i]] })),
        sort: "dur",
        columns: [name("Program", { widthGrow: 1, minWidth: 120 }), num("PID", "pid", text, 90, { headerSortStartingDir: "asc" }), num("Took", "dur", time, 96), num("CPU", "cpu", time, 96), num("Began", "start", time, 96, { headerSortStartingDir: "asc" }), num("Memory", "rss", memory, 100), num("Exit", "exit", exit, 70), command],
        words: (r) => r.name + " " + r.cmd, choice: failed,
        open: (r) => bg.open("timeline").then(() => { bg.timeline.choose("processes", r.i); bg.goTo("timeline", bg.$("tl-stage")); }),
      },
    };

    // refilter applies the text and the choice; a text between slashes is a pattern.
    function refilter() {
      const kind = kinds[current], q = filter.value.trim();
      const select = choice.querySelector("select");
      const chosen = kind.choice.options[select ? select.selectedIndex : 0][1];
      let match = (s) => s.toLowerCase().includes(q.toLowerCase());
      if (q.length > 2 && q.startsWith("/") && q.endsWith("/")) {
        try { const re = new RegExp(q.slice(1, -1), "i"); match = (s) => re.test(s); } catch { /* not yet a pattern: its text is looked for */ }
      }
      test = (r) => chosen(r) && (!q || match(kind.words(r)));
      table.setFilter((r) => test(r));
    }

    function pick(id, text) {
      current = id;
      const kind = kinds[id];
      for (const t of tabs) {
        const on = t.dataset.tab === id;
        t.setAttribute("aria-selected", String(on));
        t.tabIndex = on ? 0 : -1;
      }
      bg.$("panel").setAttribute("aria-labelledby", "tab-" + id);
      filter.value = text || "";
      const select = bg.el("select", { id: "t-select" }, ...kind.choice.options.map((o) => bg.el("option", {}, o[0])));
      select.onchange = refilter;
      choice.replaceChildren(bg.el("label", { htmlFor: "t-select" }, kind.choice.label), " ", select);
      if (table) table.destroy();
      stage.replaceChildren(); // Tabulator leaves its element
      const rows = kind.rows();
      const first = kind.choice.options[0][1];
      const height = Math.min(520, 40 + 32 * Math.max(4, rows.filter(first).length)) + "px";
      const own = table = new Tabulator(stage.appendChild(bg.el("div")), {
        data: rows, columns: kind.columns, height, layout: "fitColumns", rowHeight: 32, index: "i", placeholder: () => bg.el("span", {}, "Nothing matches."),
        initialSort: kind.sort ? [{ column: kind.sort, dir: "desc" }] : [], columnDefaults: { tooltip: false, headerTooltip: false },
      });
      own.on("rowClick", (e, row) => { e.preventDefault(); kind.open(row.getData()); });
      own.on("dataFiltered", (_, list) => { count.textContent = list.length === rows.length ? bg.many(rows.length, "row") : bg.number(list.length) + " of " + bg.many(rows.length, "row"); });
      return new Promise((done) => own.on("tableBuilt", () => { dress(own.element, id); refilter(); done(); }));
    }

    // dress says what the parts are: Tabulator makes its scrolling part focusable, and a
    // grid has only row groups to hold.
    function dress(grid, id) {
      grid.setAttribute("aria-label", "Table of " + id);
      grid.querySelector(".tabulator-tableholder").setAttribute("role", "rowgroup");
      grid.querySelector(".tabulator-table").setAttribute("role", "presentation");
    }

    let waiting = 0;
    filter.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refilter, 120); });
    for (const t of tabs) {
      t.onclick = () => pick(t.dataset.tab);
      t.onkeydown = (e) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        e.preventDefault();
        const other = tabs[(tabs.indexOf(t) + step + tabs.length) % tabs.length];
        other.focus();
        pick(other.dataset.tab);
      };
    }
    bg.tables = { pick, table: () => table, count: () => table.getDataCount("active") };
    return pick(d.recs.name.length ? "recipes" : "files");
  });

  document.addEventListener("click", (e) => {
    const a = e.target.closest && e.target.closest("a[data-table]");
    if (!a) return;
    e.preventDefault();
    bg.open("tables").then(() => bg.tables.pick(a.dataset.table, a.dataset.filter)).then(() => bg.goTo("tables", bg.$("t-filter")));
  });

  bg.start();
})(window.buildgraph);
