// Drawing the timeline: what is in sight, and of what shares a pixel one.
(function (bg) {
  // ticks are round times, at least gap pixels apart.
  function ticks(from, to, width, gap) {
    const least = (to - from) * gap / Math.max(width, 1);
    const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 15e6, 3e7, 6e7, 12e7, 3e8, 6e8, 9e8, 18e8, 36e8, 72e8, 216e8];
    const step = nice.find((n) => n >= least) || 864e8;
    const out = [];
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
    return { step, at: out };
  }

  function label(us, step) {
    if (us === 0) return "0";
    if (step >= 6e7) return Math.round(us / 6e7) + " min";
    if (us >= 6e7 && step >= 1e6) return Math.floor(us / 6e7) + ":" + String(Math.round(us / 1e6) % 60).padStart(2, "0");
    if (step >= 1e6) return us / 1e6 + " s";
    if (step >= 1e3) {
      const digits = step >= 1e5 ? 1 : step >= 1e4 ? 2 : 3;
      return us >= 1e6 || step >= 1e5 ? (us / 1e6).toFixed(digits) + " s" : us / 1e3 + " ms";
    }
    return (us / 1e3).toFixed(step >= 100 ? 1 : step >= 10 ? 2 : 3) + " ms";
  }

  // clipped is as much of a text as fits, measured once for a font of one width.
  let advance = 0;
  function clipped(text, room) {
    const n = Math.floor(room / advance);
    if (text.length <= n) return text;
    if (n < 3) return "";
    const slash = text.lastIndexOf("/");
    if (slash > 0 && text.length - slash - 1 <= n) return text.slice(slash + 1);
    return text.slice(0, n - 1) + "…";
  }

  bg.drawTimeline = function (canvas, view) {
    const c = canvas.getContext("2d"), s = view.set, d = view.d;
    const width = view.width, height = canvas.height / devicePixelRatio;
    const ink = bg.color("ink"), dim = bg.color("dim"), line = bg.color("line"), bad = bg.color("bad"), link = bg.color("link");
    const paint = s.palette.map((_, i) => bg.color("c" + i)), other = bg.color("cx");
    const colors = new Map(s.palette.map((p, i) => [p, paint[i]]));
    c.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    c.clearRect(0, 0, width, height);

    const [from, to] = view.range();
    const t = ticks(from, to, width, 84);
    c.font = "12px system-ui, sans-serif";
    c.textBaseline = "middle";
    for (const at of t.at) {
      const x = Math.round(view.x(at)) + 0.5;
      c.fillStyle = line;
      c.fillRect(x - 0.5, 22, 1, height);
      c.fillStyle = dim;
      const text = label(at, t.step), w = c.measureText(text).width;
      c.fillText(text, Math.max(4, Math.min(x - w / 2, width - w - 4)), 12);
    }
    // A lane of several rows is set off from the next.
    if (view.rows.length > view.first.length) {
      c.fillStyle = line;
      for (const row of view.first.slice(1)) c.fillRect(0, view.top + row * view.height - 0.5, width, 1);
    }

    const h = view.height, gap = h > 10 ? 2 : h > 5 ? 1 : 0.5;
    c.font = "11.5px ui-monospace, 'DejaVu Sans Mono', monospace";
    advance = c.measureText("m").width;
    for (let r = 0; r < view.rows.length; r++) {
      const row = view.rows[r], y = view.top + r * h + gap / 2;
      let lo = 0, hi = row.length;
      while (lo < hi) { const m = (lo + hi) >> 1; if (s.start[row[m]] + s.dur[row[m]] < from) lo = m + 1; else hi = m; }
      let drawn = -1;
      for (let k = lo; k < row.length && s.start[row[k]] <= to; k++) {
        const i = row[k], x0 = Math.max(view.x(s.start[i]), -4), x1 = Math.min(view.x(s.start[i] + s.dur[i]), width + 4);
        const failed = s.exit[i] !== 0, marked = i === view.chosen || i === view.hover;
        if (x1 < drawn + 0.7 && !failed && !marked) continue;
        const w = Math.max(x1 - x0 - (x1 - x0 > 3 ? 1 : 0), 1);
        drawn = x0 + w;
        c.fillStyle = colors.get(s.program[i]) || other;
        if (w > 6 && h > 8) { c.beginPath(); c.roundRect(x0, y, w, h - gap, 3); c.fill(); } else c.fillRect(x0, y, w, h - gap);
        if (failed) { c.fillStyle = bad; c.fillRect(x0, y + h - gap - Math.min(3, h / 3), Math.max(w, 2), Math.min(3, h / 3)); }
        if (marked) { c.strokeStyle = i === view.chosen ? link : ink; c.lineWidth = i === view.chosen ? 2 : 1.2; c.strokeRect(x0 + 0.5, y + 0.5, Math.max(w - 1, 1), h - gap - 1); }
        if (w > 22 && h >= 13) {
          const text = clipped(d.s[s.name[i]], Math.min(x1, width) - Math.max(x0, 0) - 9);
          if (text) { c.fillStyle = ink; c.fillText(text, Math.max(x0, 0) + 5, y + (h - gap) / 2 + 0.5); }
        }
      }
    }
  };
})(window.buildgraph);
