// The live view: puts rows that the server rendered into the table, and says how the connection is.
"use strict";
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const rows = document.getElementById("rows");
  const state = document.getElementById("state");
  const pause = document.getElementById("pause");
  const missed = document.getElementById("missed");
  const most = Number(live.dataset.most);
  const SILENT_MS = 25000; // the server gives a sign of life every ten seconds
  let source = null, silence = 0, last = "", paused = false;
  let waiting = []; // rows that came while paused, newest first

  function say(kind, words) {
    state.className = `state ${kind}`;
    if (state.textContent !== words) state.textContent = words;
  }

  function settled() {
    if (paused) say("paused", waiting.length ? `paused, ${waiting.length}${waiting.length === most ? " or more" : ""} waiting` : "paused");
    else say("", "live");
  }

  // What comes is a template of ours, in which everything of strangers is escaped.
  function parsed(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function put(added) {
    if (!added.length) return;
    document.getElementById("none").hidden = true;
    rows.prepend(...added);
    while (rows.rows.length > most) {
      const old = [...rows.rows].reverse().find((row) => !row.contains(document.activeElement) && !row.classList.contains("chosen"));
      if (!old) break;
      old.remove();
    }
    for (const row of added) row.dispatchEvent(new Event("driftgate:added", { bubbles: true }));
  }

  function came(event) {
    alive(event);
    if (event.type === "missed") missed.hidden = false;
    const added = [...parsed(event.data).querySelectorAll("tr")];
    if (paused) {
      waiting = [...added, ...waiting];
      if (waiting.length > most) { waiting.length = most; missed.hidden = false; }
    } else put(added);
    settled();
  }

  function alive(event) {
    if (event.lastEventId) last = event.lastEventId;
    clearTimeout(silence);
    silence = setTimeout(() => { connect(); say("lost", "connection lost, trying again"); }, SILENT_MS);
  }

  function address() {
    const url = new URL(live.dataset.events, location.href);
    if (last) url.searchParams.set("after", last);
    return url;
  }

  function disconnect() {
    source?.close();
    source = null;
    clearTimeout(silence);
  }

  function connect() {
    disconnect();
    source = new EventSource(address());
    source.addEventListener("open", (event) => { alive(event); settled(); });
    source.addEventListener("rows", came);
    source.addEventListener("missed", came);
    source.addEventListener("numbers", (event) => { alive(event); document.getElementById("tiles").replaceChildren(parsed(event.data)); });
    source.addEventListener("beat", (event) => { alive(event); settled(); });
    source.addEventListener("busy", (event) => { alive(event); say("busy", `the history cannot be read just now: ${event.data}`); });
    source.addEventListener("anew", () => location.reload());
    source.addEventListener("error", () => {
      say("lost", "connection lost, trying again");
      if (source?.readyState === EventSource.CLOSED) { // an answer that is none: the browser gives up, we do not
        clearTimeout(silence);
        silence = setTimeout(connect, 3000);
      }
    });
  }

  function toggle() {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) { put(waiting); waiting = []; }
    settled();
  }

  pause.hidden = state.hidden = false;
  pause.addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select")) return;
    toggle();
  });
  // A page that nobody sees needs nothing; what came meanwhile is sent when it is seen again.
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  say("busy", "connecting");
  if (!document.hidden) connect();
})();
