// Progress by server-sent events: each row of the page follows what the stream says of it. A run
// that ends while somebody looks is shown anew, with its results.
"use strict";
(() => {
  const root = document.querySelector("[data-stream]");
  if (!root || !window.EventSource) return;
  const number = (value) => Number(value).toLocaleString("en-US");
  const source = new EventSource(root.dataset.stream);
  const follow = (one) => {
    const row = root.querySelector(`[data-row="${CSS.escape(one.key)}"]`);
    if (!row) return;
    const ended = ["waiting", "running"].includes(row.dataset.state) && ["done", "failed"].includes(one.state);
    row.dataset.state = one.state;
    row.querySelector("[data-word]").textContent = one.word;
    row.querySelector("[data-when]").textContent = one.when;
    row.querySelector("[data-done]").textContent =
      one.of ? `${number(one.done)} / ${number(one.of)}` : number(one.done);
    const bar = row.querySelector("progress");
    if (bar) [bar.max, bar.value] = [one.of || 1, one.done];
    if (ended && bar) window.location.reload();
  };
  source.addEventListener("progress", (event) => JSON.parse(event.data).rows.forEach(follow));
  window.addEventListener("pagehide", () => source.close());
})();
