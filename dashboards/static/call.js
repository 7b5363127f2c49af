// The page of a call: keys to its neighbours, and folded texts that open where a link leads into them.
"use strict";
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
    const rel = { "[": "prev", "]": "next" }[event.key];
    const link = rel && document.querySelector(`.steps a[rel="${rel}"]`);
    if (link) link.click();
  });
  let unfolded = []; // for paper alone
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll(".talk details:not([open]), .attempt details:not([open])")];
    for (const each of unfolded) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of unfolded) each.open = false;
  });
})();
