// The customs desk by keys: a letter or digit chooses a button, Enter presses it. The keys count
// only while the section that names them has the focus, and never while somebody writes.
"use strict";
(() => {
  const desk = document.querySelector("[data-desk]");
  if (!desk) return;
  desk.focus();
  desk.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select, textarea")) return;
    const key = event.key.toLowerCase();
    if (!/^[a-z0-9]$/.test(key)) return;
    const found = desk.querySelector(`[data-key="${key}"], [data-first="${key}"]`);
    if (found) {
      event.preventDefault();
      found.focus();
    }
  });
})();
