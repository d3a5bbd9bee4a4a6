// Bars by Apache ECharts. Each chart's figures stand in a table beside it as well.
"use strict";
(() => {
  const tones = { main: "#1f5fbf", quiet: "#b9c6d6", other: "#c2571a", up: "#1a6b2b", down: "#a61b1b" };
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const signed = new Intl.NumberFormat(document.documentElement.lang, { signDisplay: "exceptZero" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const option = (data) => {
    const across = data.kind === "bars";
    const format = data.signed ? signed : number;
    const names = { type: "category", data: data.categories, inverse: across, axisTick: { show: false },
      axisLabel: { color: "#47515e", interval: 0, ...(across ? { width: 150, overflow: "truncate" } : { hideOverlap: true, interval: "auto" }) },
      axisLine: { onZero: false } };
    const values = { type: "value", minInterval: 1, splitNumber: 4, axisLabel: { color: "#47515e", hideOverlap: true, formatter: (x) => format.format(x) } };
    return {
      animation: !still,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 28, top: data.series.length > 1 ? 36 : 12, bottom: 8, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, left: 0, textStyle: { color: "#47515e" } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" },
        valueFormatter: (x) => format.format(x) },
      xAxis: across ? values : names,
      yAxis: across ? names : values,
      series: data.series.map((one) => ({
        type: "bar", name: one.name, color: tones[one.tone], barMaxWidth: 26,
        data: data.signed ? one.values.map((x) => ({ value: x, itemStyle: { color: x < 0 ? tones.down : tones.up } })) : one.values,
      })),
    };
  };
  const drawn = [];
  for (const place of document.querySelectorAll("[data-bars]")) {
    const data = JSON.parse(document.getElementById(place.dataset.bars).textContent);
    if (data.kind === "bars") place.style.height = `${Math.max(8, data.categories.length * (data.series.length > 1 ? 2.6 : 2) + 4)}rem`;
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option(data));
    drawn.push(chart);
  }
  addEventListener("resize", () => drawn.forEach((one) => one.resize()));
})();
