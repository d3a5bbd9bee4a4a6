// What the console does in the browser. Every page works without it, but for charts.
"use strict";
(() => {
  // A choice that is its own form is sent at once.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.submit();
  });

  // One box chooses every row that is shown.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-choose-all]")) return;
    for (const box of event.target.closest("table").querySelectorAll("input[name=row]")) {
      box.checked = event.target.checked;
    }
  });

  // The slider moves the day in its field; letting it go asks for that day.
  const slid = (slider) => {
    const day = new Date(`${slider.dataset.today}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + Number(slider.value));
    const text = day.toISOString().slice(0, 10);
    document.getElementById(slider.dataset.slides).value = text;
    slider.setAttribute("aria-valuetext", text);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-slides]")) slid(event.target);
  });

  // What is chosen beside a field of many lines becomes a line of it.
  for (const one of document.querySelectorAll("[data-adds], [data-another]")) one.hidden = false;
  if (window.crypto && crypto.subtle) {
    for (const one of document.querySelectorAll(".papers")) one.hidden = false;
  }
  document.addEventListener("change", (event) => {
    const chosen = event.target;
    if (!chosen.matches("[data-adds]") || !chosen.value.trim()) return;
    const field = document.getElementById(chosen.dataset.adds);
    const before = field.value.trimEnd();
    field.value = `${before}${before ? "\n" : ""}${chosen.value.trim()}${chosen.dataset.tail}`;
    chosen.value = "";
    if (chosen.dataset.tail) field.focus();
  });
  // A paper's name and SHA-256 are written from the file itself, which stays on this machine.
  const digest = async (file) => [...new Uint8Array(
    await crypto.subtle.digest("SHA-256", await file.arrayBuffer()),
  )].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const put = {
    records: (field, name, sha) => {
      const before = field.value.trimEnd();
      field.value = `${before}${before ? "\n" : ""}${name} ${sha}`;
    },
    facts: (field, name, sha) => { field.value = `name: ${name}\nsha256: ${sha}`; },
    rows: (fieldset, name, sha) => {
      const free = () => [...fieldset.querySelectorAll("[name$='-name']")].find((one) => !one.value);
      if (!free()) fieldset.querySelector("[data-another]").click();
      const cell = free();
      cell.value = name;
      cell.closest("tr").querySelector("[name$='-sha256']").value = sha;
    },
  };
  document.addEventListener("change", async (event) => {
    const chosen = event.target;
    if (!chosen.matches("[data-papers]")) return;
    const rows = chosen.dataset.papers === "rows";
    const field = rows ? chosen.closest("fieldset") : document.getElementById(chosen.dataset.of);
    for (const file of chosen.files) put[chosen.dataset.papers](field, file.name, await digest(file));
    chosen.value = "";
  });
  // A table of values has as many rows as are needed.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-another]");
    if (!button) return;
    const rows = button.closest("fieldset").querySelector("tbody");
    const row = rows.lastElementChild.cloneNode(true);
    for (const cell of row.querySelectorAll("[name]")) {
      cell.name = cell.name.replace(/-(\d+)-/, (_, number) => `-${Number(number) + 1}-`);
      cell.id = `i-${cell.name}`;
      if (cell.type === "checkbox") cell.checked = false;
      else cell.value = "";
    }
    rows.append(row);
    row.querySelector("[name]").focus();
  });

  // Charts: their data stands beside them, in a block that is no script.
  const COLOURS = { open: "#2f9e44", passes: "#2f9e44", unknown: "#d9a400", waits: "#d9a400",
    shut: "#d63939", asked: "#1f5fbf" };
  const number = (value) => Number(value).toLocaleString("en-US");
  const FONT = getComputedStyle(document.body).fontFamily;
  const options = {
    flow: (data) => {
      const label = Object.fromEntries(data.nodes.map((one) => [one.name, one.label]));
      const narrow = window.innerWidth < 700;
      return {
        tooltip: { renderMode: "richText", formatter: (one) => one.dataType === "edge"
          ? `${label[one.data.source]} → ${label[one.data.target]}: ${number(one.value)}`
          : `${label[one.name]}: ${number(one.value)}` },
        series: [{
          type: "sankey", nodeAlign: "left", left: 8, right: narrow ? 70 : 150, top: 10, bottom: 10, nodeGap: 14,
          draggable: false, emphasis: { focus: "adjacency" }, animation: false,
          data: data.nodes.map((one) => ({ name: one.name,
            itemStyle: { color: COLOURS[one.verdict] || "#8b96a3" } })),
          links: data.links,
          lineStyle: { color: "target", opacity: 0.25 },
          label: { fontFamily: FONT, color: "#1f2937", fontSize: narrow ? 10 : 12,
            formatter: (one) => `${label[one.name]}\n${number(one.value)}` },
        }],
      };
    },
    bands: (data) => ({
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value) => number(value) },
      legend: { top: 0, textStyle: { fontFamily: FONT }, data: data.series.map((one) => one.name) },
      grid: { left: 12, right: 24, top: 60, bottom: 8, containLabel: true },
      xAxis: { type: "time" },
      yAxis: { type: "value", min: 0, name: data.unit, axisLabel: { formatter: number } },
      series: data.series.flatMap((one, index) => {
        const color = ["#1f5fbf", "#b5532a", "#2f9e44"][index % 3];
        const thin = { lineStyle: { width: 1, type: "dashed", opacity: 0.7 } };
        const line = (points, more) => ({ name: one.name, type: "line", showSymbol: false,
          animation: false, color, data: points, ...more });
        return [line(one.p50, { lineStyle: { width: 3 } }), line(one.p05, thin), line(one.p95, thin)];
      }),
    }),
    steps: (data) => ({
      tooltip: { trigger: "axis", renderMode: "richText",
        valueFormatter: (value) => number(value) },
      legend: { top: 0, textStyle: { fontFamily: FONT } },
      grid: { left: 12, right: 24, top: 40, bottom: 8, containLabel: true },
      xAxis: { type: "time" },
      yAxis: { type: "value", min: 0, name: data.unit, axisLabel: { formatter: number } },
      series: data.series.map((one) => ({ name: one.name, type: "line", step: "end",
        showSymbol: one.points.length < 30, data: one.points, animation: false })),
    }),
  };
  const draw = (root) => {
    if (!window.echarts) return;
    for (const place of root.querySelectorAll("[data-chart]")) {
      if (place.dataset.drawn || !place.clientWidth) continue;
      const data = JSON.parse(document.getElementById(place.dataset.from || `${place.id}-data`).textContent);
      const chart = window.echarts.init(place);
      chart.setOption(options[place.dataset.chart](data));
      place.dataset.drawn = "yes";
      new ResizeObserver(() => chart.resize()).observe(place);
    }
  };
  draw(document);
  document.addEventListener("htmx:after:swap", () => {
    draw(document);
    document.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
  });

  // The palette: Ctrl-K, a few letters, arrows, Enter.
  const palette = document.getElementById("palette");
  const asked = document.getElementById("palette-q");
  const open = () => {
    palette.showModal();
    asked.select();
    asked.dispatchEvent(new Event("palette-open"));
  };
  if (palette) {
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        open();
      }
    });
    document.querySelector("[data-palette]").addEventListener("click", open);
    palette.addEventListener("click", (event) => {
      if (event.target === palette) palette.close();
    });
    palette.addEventListener("keydown", (event) => {
      const links = [...palette.querySelectorAll("li > a")];
      const here = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown") links[Math.min(here + 1, links.length - 1)]?.focus();
      else if (event.key === "ArrowUp") (here > 0 ? links[here - 1] : asked).focus();
      else return;
      event.preventDefault();
    });
    palette.querySelector("[data-palette-form]").addEventListener("submit", (event) => {
      event.preventDefault();
      palette.querySelector("li > a")?.click();
    });
  }

  // A message goes by itself, unless it is a warning: that one is read first.
  for (const one of document.querySelectorAll(".alert-success[data-toast]")) {
    setTimeout(() => one.remove(), 12000);
  }
  // A refused form: the first fault gets the cursor. A preview is brought into sight.
  const fault = document.querySelector("form .is-invalid");
  if (fault) fault.focus();
  else document.getElementById("preview")?.scrollIntoView({ block: "start" });
})();
