// Buttons that copy: the text of the element that [data-copy] names, or the address in [data-link].
"use strict";
(() => {
  const SAID_MS = 1500;

  // Browsers give a page that came over plain HTTP from another machine no clipboard.
  function byHand(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  async function copied(text) {
    try {
      if (navigator.clipboard) { await navigator.clipboard.writeText(text); return true; }
    } catch { /* not allowed: by hand */ }
    return byHand(text);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-link]");
    if (!button) return;
    const { copy, link } = button.dataset;
    const done = await copied(copy ? document.getElementById(copy).textContent : new URL(link, location.href).href);
    button.dataset.name ??= button.textContent;
    button.textContent = done ? "Copied" : link ? "Not copied: the address bar has it" : "Not copied: select it yourself";
    button.focus();
    setTimeout(() => { button.textContent = button.dataset.name; }, SAID_MS);
  });
})();
