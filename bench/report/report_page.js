"use strict";
// Draws each figure's chart from the data beside it. Without scripts, the tables under the figures say the same.
{
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Colours that differ in lightness too, with a shape of their own each, for those who do not tell colours apart.
  const colours = { light: ["#0b5cad", "#b3400a", "#1a7f37", "#8250df", "#b8860b", "#0e7490", "#9f1239", "#57606a"],
                    dark: ["#79b8ff", "#ffa657", "#7ee787", "#d2a8ff", "#f2cc60", "#67e8f9", "#fda4af", "#9da7b3"] };
  const shapes = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot", "dash"];
  // 20 G instead of a row of zeros; no exponents.
  const short = (value) => {
    const [scale, prefix] = [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e3, " k"]].find(([least]) => Math.abs(value) >= least) ?? [1, ""];
    return Number((value / scale).toPrecision(3)) + prefix;
  };
  // Of a logarithmic axis, the ticks at 1, 2 and 5: more would run into each other.
  const sparse = (value) => {
    const first = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
    return [1, 2, 5].some((one) => Math.abs(first - one) < 1e-6) ? short(value) : null;
  };
  // The 95 % interval of each bar, as a line across its end.
  const whiskers = (series, ink) => ({ id: "whiskers", afterDatasetsDraw: (chart) => {
    const pen = chart.ctx;
    pen.save();
    pen.strokeStyle = ink;
    pen.lineWidth = 1.5;
    series.forEach((one, i) => one.low.forEach((low, k) => {
      const { x } = chart.getDatasetMeta(i).data[k];
      const ends = [low, one.high[k]].map((value) => chart.scales.y.getPixelForValue(value));
      pen.beginPath();
      pen.moveTo(x, ends[0]);
      pen.lineTo(x, ends[1]);
      for (const end of ends) {
        pen.moveTo(x - 5, end);
        pen.lineTo(x + 5, end);
      }
      pen.stroke();
    }));
    pen.restore();
  } });
  const inks = { light: ["#1b1f24", "#d0d7de"], dark: ["#e6edf3", "#30363d"] };
  let drawn = [], paper = false;
  // Charts of folded nodes are drawn when they unfold: a hidden canvas has no size.
  const canvas = (place) => document.getElementById("chart-" + place);
  const seen = (place) => canvas(place).closest("details:not([open])") === null;
  const draw = () => {
    for (const one of drawn) one?.destroy();
    const scheme = dark.matches && !paper ? "dark" : "light";
    const [ink, line] = inks[scheme], palette = colours[scheme];
    drawn = charts.map((chart, place) => {
      if (!seen(place)) return undefined;
      const bars = chart.labels.length > 0;
      const numbers = chart.logarithmic ? "logarithmic" : "linear";
      const axis = (title, type) => ({ type,
                                 title: { display: title !== "", text: title, color: ink },
                                 ticks: { color: ink, ...(type === "category" ? {} : { callback: type === "linear" ? short : sparse }) }, grid: { color: line } });
      return new Chart(canvas(place), {
        type: bars ? "bar" : "line",
        plugins: [whiskers(chart.series, ink)],
        data: { labels: bars ? chart.labels : undefined,
                datasets: chart.series.map((one, i) => ({
                  label: one.name, borderColor: palette[i % 8], backgroundColor: palette[i % 8],
                  pointStyle: one.bound ? "line" : shapes[i % 8], pointRadius: one.bound ? 0 : 5, borderWidth: bars ? 0 : 2, tension: 0,
                  borderDash: i >= 8 && !one.bound ? [6, 4] : [], clip: 8,
                  data: bars ? one.y : one.x.map((x, k) => ({ x, y: one.y[k] })) })) },
        options: { animation: false, maintainAspectRatio: false, responsive: true,
                   scales: { x: axis(chart.x, bars ? "category" : numbers), y: axis(chart.y, numbers) },
                   plugins: { legend: { labels: { color: ink, usePointStyle: true } },
                              tooltip: { callbacks: { afterLabel: (item) => {
                                const one = chart.series[item.datasetIndex];
                                return one.low.length ? `95 %: ${one.low[item.dataIndex].toPrecision(3)} to ${one.high[item.dataIndex].toPrecision(3)}` : "";
                              } } } } } });
    });
  };
  const folded = [...document.querySelectorAll("details")];
  const points = folded.filter((one) => one.closest("figure") !== null);
  const nodes = folded.filter((one) => one.classList.contains("nodes"));
  // A link into what is folded unfolds it.
  const reveal = () => {
    const wanted = document.getElementById(location.hash.slice(1));
    const fold = wanted?.closest("details.nodes");
    if (!fold || fold.open) return;
    fold.open = true;
    wanted.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  if (typeof Chart !== "undefined") {
    draw();
    dark.addEventListener("change", draw);
    for (const one of nodes) one.addEventListener("toggle", () => { if (one.open) draw(); });
  } else {
    for (const canvas of document.querySelectorAll(".canvas")) canvas.hidden = true;
    for (const one of points) one.open = true;
  }
  // Paper shows no tooltip and opens no details: the points stand beside their chart there, on white.
  let opened = [];
  const print = (now) => {
    if (now === paper) return;
    paper = now;
    if (now) opened = folded.filter((one) => !one.open);
    for (const one of opened) one.open = now;
    if (typeof Chart !== "undefined" && (dark.matches || nodes.length > 0)) draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}
