"use strict";
// The page's own script. It is run when everything above it is there to be read;
// nothing is drawn before the first paint. Text from the build only ever becomes
// text nodes: no part of the page is made from markup in a string.
window.buildgraph = (function () {
  const bg = {};
  const root = document.documentElement;
  root.classList.add("scripted");

  bg.$ = (id) => document.getElementById(id);

  // el makes an element: properties, then children, strings among them as text.
  bg.el = function (tag, props, ...children) {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(props || {})) {
      if (k in e) e[k] = v; else e.setAttribute(k, v);
    }
    e.append(...children.filter((c) => c !== null && c !== undefined));
    return e;
  };

  bg.trouble = function (what, err) {
    const p = bg.$("trouble");
    p.textContent = what + ": " + (err && err.message || err) + ". The summary and the findings above are whole.";
    p.hidden = false;
    throw err;
  };

  // unpack gives back the text of an element that holds gzip in base64.
  async function unpack(id) {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old to unpack it (DecompressionStream, 2023)");
    const e = bg.$(id);
    const packed = e.textContent;
    e.remove();
    let bytes;
    if (Uint8Array.fromBase64) bytes = Uint8Array.fromBase64(packed);
    else {
      const s = atob(packed);
      bytes = new Uint8Array(s.length);
      for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
    }
    const stream = new DecompressionStream("gzip"), writer = stream.writable.getWriter();
    writer.write(bytes).then(() => writer.close()).catch(() => {}); // the reading end throws the same
    return new Response(stream.readable).text();
  }

  // lib runs a library, once. The policy of the page knows its hash.
  const libs = {};
  bg.lib = function (name) {
    libs[name] ||= unpack("lib-" + name).then((text) => {
      const s = document.createElement("script");
      s.textContent = text;
      document.head.append(s);
      s.remove();
    });
    return libs[name];
  };

  let data;
  bg.data = function () {
    data ||= unpack("data").then((text) => bg.decode(JSON.parse(text)));
    return data;
  };

  // section draws a part of the page when it comes near the window, when it is asked
  // for, or when there is time. Until then the style sheet shows that it is not drawn.
  const parts = {};
  bg.section = function (id, libs, draw) {
    let begun;
    const drawn = () => bg.$(id).setAttribute("aria-busy", "false");
    bg.$(id).setAttribute("aria-busy", "true");
    parts[id] = () => begun ||= Promise.all([bg.data(), ...libs.map(bg.lib)]).then(([d]) => { drawn(); return draw(d); }).then(land)
      .catch((err) => { drawn(); bg.trouble("The " + id + " cannot be shown", err); });
  };
  bg.open = (id) => parts[id]();

  // Who came by a link to a section stays at it while what is above grows, until they
  // move themselves.
  let goal = location.hash.slice(1);
  function land() {
    if (goal in parts) bg.$(goal).scrollIntoView({ block: "start", behavior: "instant" });
  }
  addEventListener("hashchange", () => { goal = location.hash.slice(1); });
  for (const move of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(move, () => { goal = ""; }, { passive: true, capture: true });

  // rest draws what is not drawn yet, a part at a time, between which the page answers.
  const idle = window.requestIdleCallback ? (f) => requestIdleCallback(f, { timeout: 300 }) : (f) => setTimeout(f, 50);
  async function rest() {
    for (const id in parts) {
      await new Promise(idle);
      await parts[id]().catch(() => {}); // the page says so already; the others may be whole
    }
    goal = "";
  }

  // Whoever takes a picture of the page once it has loaded shall have all of it, not a page
  // that is about to draw: a frame that is being written holds the load event back. Not for
  // long: what is large draws later, and meanwhile says so.
  const longest = 1500;
  function holdLoad() {
    const frame = bg.el("iframe", { hidden: true });
    document.body.append(frame);
    frame.contentDocument.open();
    const release = () => frame.remove();
    setTimeout(release, longest);
    return release;
  }

  // The timeline has its height before it is drawn, so that nothing below it jumps.
  bg.rowHeight = (rows) => Math.max(3, Math.min(24, Math.floor(520 / Math.max(rows, 1))));
  bg.timelineTop = 28; // the axis
  bg.timelineHeight = (rows) => Math.max(bg.timelineTop + rows * bg.rowHeight(rows) + 10, 88);
  bg.$("tl-canvas").style.height = bg.timelineHeight(+bg.$("tl-canvas").dataset.rows) + "px";

  bg.start = function () {
    const seen = new IntersectionObserver((entries) => {
      for (const e of entries) {
        if (!e.isIntersecting) continue;
        seen.unobserve(e.target);
        parts[e.target.id]();
      }
    }, { rootMargin: "500px" });
    const release = holdLoad();
    // Two frames later the summary has been painted.
    requestAnimationFrame(() => setTimeout(() => {
      Object.keys(parts).forEach((id) => seen.observe(bg.$(id)));
      rest().then(release);
    }));
  };

  // goTo moves to a section, and keeps the keyboard with it.
  bg.goTo = function (id, focus) {
    bg.$(id).scrollIntoView({ block: "start" });
    if (focus) focus.focus({ preventScroll: true });
  };

  // took is a time in microseconds for a person: three digits and a unit.
  bg.took = function (us) {
    const s = us / 1e6;
    if (us < 1000) return us + " µs";
    if (s < 0.1) return (us / 1000).toFixed(1) + " ms";
    if (s < 1) return (us / 1000).toFixed(0) + " ms";
    if (s < 100) return s.toFixed(2) + " s";
    if (s < 3600) return Math.floor(s / 60) + " min " + String(Math.floor(s) % 60).padStart(2, "0") + " s";
    return Math.floor(s / 3600) + " h " + String(Math.floor(s / 60) % 60).padStart(2, "0") + " min";
  };
  bg.number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  bg.many = (n, one) => bg.number(n) + " " + one + (n === 1 ? "" : "s");
  bg.ended = (code) => code > 128 && code < 193 ? "killed by signal " + (code - 128) : "exit status " + code;

  // middle cuts the middle out of a long name: its beginning and its end say most.
  bg.middle = (s, most) => s.length <= most ? s : s.slice(0, Math.floor(most / 3)) + "…" + s.slice(s.length - (most - Math.floor(most / 3) - 1));

  // head is the beginning of a command, of which the end says least.
  bg.head = (s, most) => s.length <= most ? s : s.slice(0, most - 1) + "…";

  // color is what a variable of the style sheet comes to in the scheme of now.
  const probe = bg.el("span", { hidden: true });
  document.body.append(probe);
  bg.color = function (name) {
    probe.style.color = "var(--" + name + ")";
    return getComputedStyle(probe).color;
  };

  // The scheme is the system's until the button is pressed; it is kept nowhere.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  const button = bg.$("theme");
  const listeners = [];
  bg.onTheme = (f) => listeners.push(f);
  function told() {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", dark() ? "Light colours" : "Dark colours");
    listeners.forEach((f) => f());
  }
  button.removeAttribute("aria-pressed");
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; told(); });
  system.addEventListener("change", told);
  told();

  addEventListener("beforeprint", () => document.querySelectorAll("details.finding, details.rest").forEach((d) => { d.open = true; }));

  // Wheels that are still scrolling the page do not zoom what comes under them.
  let scrolled = -1000;
  addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });
  bg.scrolling = () => performance.now() - scrolled < 300;
  return bg;
})();
