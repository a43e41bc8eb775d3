// The search box of the graph: all targets and files, as a combobox of WAI-ARIA.
(function (bg) {
  const input = bg.$("q"), list = bg.$("q-list"), live = bg.$("q-live");
  const most = 50;

  bg.search = function (d, chosen) {
    // What can be found: files, and targets that are no file of that name.
    const names = [], nodes = [], what = [], weight = [];
    for (let i = 0; i < d.files.path.length; i++) {
      names.push(d.fileName(i)); nodes.push("f" + i); what.push(bg.classNames[d.files.cls[i]]);
      weight.push([1, 0, 4, 3][d.files.cls[i]]);
    }
    for (const [rec, act] of d.actOfRec) {
      const name = d.recName(rec);
      if (d.fileAt.has(name)) continue;
      names.push(name); nodes.push("a" + act); what.push("target"); weight.push(0);
    }
    const lower = names.map((n) => n.toLowerCase());
    let found = [], at = -1, total = 0;

    function rank(i, q) {
      const n = lower[i], k = n.indexOf(q);
      if (k < 0) return -1;
      const base = n.lastIndexOf("/") + 1;
      let r = n === q ? 0 : n.slice(base) === q ? 1 : n.startsWith(q, base) ? 2 : k === 0 ? 3 : k >= base ? 4 : 5;
      return r * 8 + weight[i];
    }

    function look() {
      const q = input.value.trim().toLowerCase();
      const hits = [];
      for (let i = 0; i < names.length; i++) {
        const r = rank(i, q);
        if (r >= 0) hits.push([r, i]);
      }
      hits.sort((a, b) => a[0] - b[0] || names[a[1]].length - names[b[1]].length || a[1] - b[1]);
      total = hits.length;
      found = hits.slice(0, most).map((h) => h[1]);
      at = found.length && q ? 0 : -1;
      list.replaceChildren(...found.map((i, k) => {
        const li = bg.el("li", { id: "q-" + k, role: "option" }, bg.el("code", {}, names[i]), bg.el("span", {}, what[i]));
        li.addEventListener("pointerdown", (e) => { e.preventDefault(); take(k); });
        return li;
      }));
      if (total > found.length) list.append(bg.el("li", { role: "presentation" }, bg.el("span", {}, "and " + bg.number(total - found.length) + " more: type on")));
      live.textContent = total ? bg.many(total, "name") + " found" : "nothing found";
      if (!total) list.append(bg.el("li", { role: "presentation" }, bg.el("span", {}, "No such name in this build.")));
      mark();
      open(true);
    }
    function mark() {
      [...list.children].forEach((li, k) => { if (k < found.length) li.setAttribute("aria-selected", String(k === at)); });
      if (at >= 0) { input.setAttribute("aria-activedescendant", "q-" + at); list.children[at].scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
    }
    function open(yes) {
      list.hidden = !yes;
      input.setAttribute("aria-expanded", String(yes));
      if (!yes) input.removeAttribute("aria-activedescendant");
    }
    function take(k) {
      const i = found[k];
      if (i === undefined) return;
      input.value = names[i];
      open(false);
      chosen(nodes[i]);
    }
    input.addEventListener("input", look);
    input.addEventListener("focus", () => { input.select(); });
    input.addEventListener("blur", () => open(false));
    input.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (list.hidden) return look();
        at = (at + (e.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(found.length, 1);
        mark();
      } else if (e.key === "Enter" && !list.hidden) {
        e.preventDefault();
        take(Math.max(at, 0));
      } else if (e.key === "Escape") open(false);
    });
  };
})(window.buildgraph);
