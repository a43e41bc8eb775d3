// The data: columns of numbers, unpacked into arrays that answer quickly.
(function (bg) {
  // rows adds up the shares of a list of lists, so that those of i are [at[i], at[i+1]).
  function rows(sizes) {
    const at = new Uint32Array(sizes.length + 1);
    sizes.forEach((n, i) => { at[i + 1] = at[i] + n; });
    return at;
  }

  // ends undoes the differences.
  function ends(list, at) {
    const out = new Uint32Array(list.length);
    for (let i = 0; i + 1 < at.length; i++) {
      let last = 0;
      for (let k = at[i]; k < at[i + 1]; k++) out[k] = last += list[k];
    }
    return out;
  }

  // turned says for each of n ends who has it.
  function turned(at, list, n) {
    const degree = new Array(n).fill(0);
    for (const f of list) degree[f]++;
    const to = rows(degree), next = Uint32Array.from(to), out = new Uint32Array(list.length);
    for (let i = 0; i + 1 < at.length; i++) {
      for (let k = at[i]; k < at[i + 1]; k++) out[next[list[k]]++] = i;
    }
    return { at: to, list: out };
  }

  const columns = (c) => { for (const k in c) if (c[k] === null) c[k] = []; return c; };

  bg.classes = ["project", "generated", "system", "tool"];
  bg.classNames = ["source", "made by the build", "system file", "tool"];

  bg.decode = function (raw) {
    const d = { s: raw.s || [], end: Math.max(raw.end, 1), files: columns(raw.files), recs: columns(raw.recs), procs: columns(raw.procs), finds: columns(raw.finds) };
    const a = columns(raw.acts);
    const inAt = rows(a.ins), outAt = rows(a.outs);
    d.acts = { n: a.r.length, r: a.r, p: a.p, inAt, in: ends(a.in, inAt), outAt, out: ends(a.out, outAt) };
    const n = d.files.path.length;
    d.readers = turned(inAt, d.acts.in, n);
    d.makers = turned(outAt, d.acts.out, n);
    d.actOfRec = new Map();
    d.actOfProc = new Map();
    for (let i = 0; i < d.acts.n; i++) {
      if (a.r[i] >= 0) d.actOfRec.set(a.r[i], i);
      if (a.p[i] >= 0) d.actOfProc.set(a.p[i], i);
    }
    d.fileName = (i) => d.s[d.files.path[i]];
    d.recName = (i) => d.s[d.recs.name[i]];
    d.procName = (i) => d.s[d.procs.name[i]];
    d.actName = (i) => a.r[i] >= 0 ? d.recName(a.r[i]) : d.procName(a.p[i]);
    names(d);
    programs(d);
    return d;
  };

  // names finds files and targets by how they are shown.
  function names(d) {
    d.fileAt = new Map();
    for (let i = 0; i < d.files.path.length; i++) d.fileAt.set(d.fileName(i), i);
    d.recAt = new Map();
    for (let i = 0; i < d.recs.name.length; i++) d.recAt.set(d.recName(i), i); // the last run
  }

  const shell = /^\(|^(ba|da|a|k|z)?sh$/;

  // programs says of each recipe which program took the most CPU, shells aside, and
  // which programs the build spent its time in: they get the colours.
  function programs(d) {
    const most = new Map(), total = new Map();
    for (let i = 0; i < d.procs.name.length; i++) {
      const name = d.procs.name[i], rec = d.procs.rec[i], cost = d.procs.cpu[i] + 1;
      if (shell.test(d.s[name])) continue;
      total.set(name, (total.get(name) || 0) + cost);
      if (rec < 0) continue;
      if (!most.has(rec)) most.set(rec, new Map());
      const of = most.get(rec);
      of.set(name, (of.get(name) || 0) + cost);
    }
    const top = (m) => [...m].sort((x, y) => y[1] - x[1] || x[0] - y[0]);
    d.recs.program = d.recs.name.map((_, i) => most.has(i) ? top(most.get(i))[0][0] : -1);
    const spent = new Map();
    d.recs.program.forEach((p, i) => { if (p >= 0) spent.set(p, (spent.get(p) || 0) + d.recs.dur[i]); });
    d.recs.palette = top(spent).slice(0, 7).map((x) => x[0]);
    d.procs.palette = top(total).slice(0, 7).map((x) => x[0]);
    d.procs.program = d.procs.name;
  }
})(window.buildgraph);
