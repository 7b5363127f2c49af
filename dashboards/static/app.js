// What all pages share: local times, theme, keys, the CSRF header, rows that open.
"use strict";
(() => {
  const base = document.querySelector(".brand").getAttribute("href").replace(/\/$/, "");
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const goes = { l: "/live", a: "/calls", s: "/sessions", o: "/overview", c: "/contracts", d: "/drift", q: "/sql" };
  const dialog = document.getElementById("keys-dialog");

  // The server writes UTC; people read their own zone, and see UTC where they point.
  function localTimes(root) {
    for (const each of root.querySelectorAll("time[datetime]:not([data-shown])")) {
      const at = new Date(each.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      each.title = each.textContent + " UTC";
      const [day, hour] = at.toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "medium" }).split(" ");
      const date = document.createElement("span");
      date.className = "day";
      date.textContent = day + " ";
      each.replaceChildren(date, hour);
      each.dataset.shown = day;
    }
    markToday();
    for (const each of root.querySelectorAll("[data-at]:empty")) {
      each.textContent = new Date(Number(each.dataset.at) * 1000).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
    }
  }

  // Tables leave today's date out (app.css), and have it again when the day is over.
  function markToday() {
    const today = new Date().toLocaleDateString("sv-SE");
    for (const each of document.querySelectorAll("time[data-shown]")) each.classList.toggle("today", each.dataset.shown === today);
  }

  // On a narrow screen rows are cards (app.css), in which each number needs the name of its column.
  function cards() {
    for (const table of document.querySelectorAll("table.cards")) {
      const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
      for (const cell of table.querySelectorAll("tbody td.number:not([data-name])")) cell.dataset.name = names[cell.cellIndex];
    }
  }

  function theme() {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    const next = dark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    document.cookie = `driftgate_theme=${next}; path=${base}; max-age=31536000; samesite=strict`;
    document.dispatchEvent(new Event("driftgate:theme"));
  }

  function rows() {
    return [...document.querySelectorAll("tr[data-row]")].filter((row) => row.offsetParent !== null);
  }

  function walk(step) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.classList.contains("chosen"));
    all[now]?.classList.remove("chosen");
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    next.classList.add("chosen");
    next.scrollIntoView({ block: "nearest" });
    next.querySelector("a")?.focus({ preventScroll: true });
  }

  function typing(target) {
    return target.closest?.("input, textarea, select, [contenteditable]") !== null && target.closest !== undefined;
  }

  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      if (goes[event.key]) { location.href = base + goes[event.key]; event.preventDefault(); }
      return;
    }
    switch (event.key) {
      case "g": going = true; setTimeout(() => { going = false; }, 1500); break;
      case "j": walk(1); break;
      case "k": walk(-1); break;
      case "t": theme(); break;
      case "?": dialog.showModal(); break;
      case "/": {
        const field = document.querySelector("[data-filter]") ?? document.querySelector("main input:not([type=hidden])");
        if (!field) return;
        field.focus();
        break;
      }
      default: return;
    }
    event.preventDefault();
  });

  // A click anywhere on a row follows its first link; a selection of text does not.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.target.closest("a, button, input, summary, label") || String(getSelection())) return;
    row.querySelector("a")?.click();
  });

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["x-csrf"] = csrf;
  });
  document.addEventListener("htmx:after:swap", () => { localTimes(document); cards(); });
  document.addEventListener("driftgate:added", (event) => localTimes(event.target));
  document.getElementById("theme").addEventListener("click", theme);
  document.getElementById("keys").addEventListener("click", () => dialog.showModal());
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  localTimes(document);
  cards();
  setInterval(markToday, 60000);
})();
