"use strict";
// Draws each figure's chart from the data beside it. Without scripts, the tables under the figures say the same.
{
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Colours that differ in lightness too, with a shape of their own each, for those who do not tell colours apart.
  const colours = { light: ["#0b5cad", "#b3400a", "#1a7f37", "#8250df", "#b8860b", "#0e7490", "#9f1239", "#57606a"],
                    dark: ["#79b8ff", "#ffa657", "#7ee787", "#d2a8ff", "#f2cc60", "#67e8f9", "#fda4af", "#9da7b3"] };
  const shapes = ["circle", "rect", "triangle", "rectRot", "star", "cross", "crossRot", "dash"];
  let drawn = [];
  const draw = () => {
    for (const one of drawn) one.destroy();
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
    const palette = dark.matches ? colours.dark : colours.light;
    drawn = charts.map((chart, place) => {
      const bars = chart.labels.length > 0;
      const numbers = chart.logarithmic ? "logarithmic" : "linear";
      const axis = (title, type) => ({ type,
                                 title: { display: title !== "", text: title, color: ink },
                                 ticks: { color: ink }, grid: { color: line } });
      return new Chart(document.getElementById("chart-" + place), {
        type: bars ? "bar" : "line",
        data: { labels: bars ? chart.labels : undefined,
                datasets: chart.series.map((one, i) => ({
                  label: one.name, borderColor: palette[i % 8], backgroundColor: palette[i % 8],
                  pointStyle: shapes[i % 8], pointRadius: 5, borderWidth: 2, tension: 0,
                  borderDash: i >= 8 ? [6, 4] : [],
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
  if (typeof Chart !== "undefined") {
    draw();
    dark.addEventListener("change", draw);
  }
}
