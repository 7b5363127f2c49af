// The SQL page: the editor's keys, and names that are put into it.
"use strict";
(() => {
  const editor = document.getElementById("sql");
  const form = document.getElementById("query");
  const filter = document.getElementById("schemafilter");
  let leaving = false; // Escape was pressed: the next Tab leaves the editor, as everywhere

  function insert(text) {
    editor.focus();
    // execCommand keeps the browser's own undo; where it is gone, the text is put in all the same
    if (!document.execCommand("insertText", false, text)) editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
  }

  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape") {
      leaving = true;
    } else if (event.key === "Tab" && !event.shiftKey && !leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (editor.value === "") return; // nobody indents nothing: Tab goes on
      event.preventDefault();
      insert("  ");
    } else if (event.key !== "Shift") leaving = false;
  });
  editor.addEventListener("focus", () => { leaving = false; });

  document.getElementById("show").addEventListener("change", () => { if (editor.value.trim()) form.requestSubmit(); });

  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-insert]");
    if (name) {
      const before = editor.value.slice(0, editor.selectionStart);
      insert((before && !/[\s(,.]$/.test(before) ? " " : "") + name.dataset.insert);
      return;
    }
    const place = event.target.closest(".goto");
    if (place) {
      editor.focus();
      editor.setSelectionRange(Number(place.dataset.start), Number(place.dataset.end));
    }
  });

  document.getElementById("save").addEventListener("submit", () => {
    document.getElementById("savedsql").value = editor.value;
    document.getElementById("savedshow").value = document.getElementById("show").value;
  });
  document.addEventListener("submit", (event) => {
    const asking = event.submitter?.dataset.confirm;
    if (asking && !confirm(asking)) event.preventDefault();
  });

  // Folded tables unfold where one of their columns is found.
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    let any = false;
    for (const table of document.querySelectorAll("#schema details")) {
      const itself = table.dataset.name.includes(wanted);
      let inside = false;
      for (const column of table.querySelectorAll("[data-column]")) {
        const found = itself || column.dataset.column.includes(wanted);
        column.hidden = !found;
        if (found && !itself) inside = true;
      }
      table.hidden = !itself && !inside;
      table.open = wanted !== "" && inside;
      if (!table.hidden) any = true;
    }
    document.getElementById("noschema").hidden = any;
  });
})();
