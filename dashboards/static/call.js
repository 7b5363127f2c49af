// The page of a call: keys to its neighbours, and folded texts that open where a link leads into them.
"use strict";
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
    const rel = { "[": "prev", "]": "next" }[event.key];
    const link = rel && document.querySelector(`.steps a[rel="${rel}"]`);
    if (link) link.click();
  });
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll(".talk details, .attempt details")) each.open = true;
  });
})();
