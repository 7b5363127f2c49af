// Filters: what is left empty is left out of the address, so that a link says what it means.
"use strict";
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form.filters, form.brief")) return;
  for (const [name, value] of [...event.formData.entries()]) {
    if (typeof value === "string" && value.trim() === "") event.formData.delete(name);
  }
});
