// Charts of the last thirty days, by Chart.js that Unfold loads: each takes the place of the bars that the page brings, and
// shows what they say, with an axis and each day's words under the pointer.
(() => {
  const colours = () => {
    const style = getComputedStyle(document.documentElement)
    const of = (name) => style.getPropertyValue(name).trim()
    return { bar: of("--evc-mark"), text: of("--evc-soft"), line: of("--evc-line") }
  }

  const configuration = (words, amounts, now) => ({
    type: "bar",
    data: { labels: words, datasets: [{ data: amounts, backgroundColor: now.bar, barPercentage: 1, categoryPercentage: .85 }] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: { displayColors: false, callbacks: { title: () => "", label: (item) => item.label } },
      },
      scales: {
        x: { display: false },
        y: {
          beginAtZero: true,
          border: { display: false },
          grid: { color: now.line },
          ticks: { color: now.text, maxTicksLimit: 3, precision: 0, font: { size: 12 } },
        },
      },
      locale: document.documentElement.lang,
    },
  })

  const draw = (bars) => {
    const canvas = document.createElement("canvas")
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", bars.getAttribute("aria-label"))
    const frame = document.createElement("div")
    frame.className = "evc-days-chart"
    frame.append(canvas)
    const words = [...bars.querySelectorAll("title")].map((title) => title.textContent)
    const amounts = bars.dataset.amounts.split(",").map(Number)
    bars.replaceWith(frame)
    return new Chart(canvas, configuration(words, amounts, colours()))
  }

  const charts = [...document.querySelectorAll("svg[data-amounts]")].map(draw)

  const recolour = () => {
    const now = colours()
    for (const chart of charts) {
      chart.data.datasets[0].backgroundColor = now.bar
      chart.options.scales.y.grid.color = now.line
      chart.options.scales.y.ticks.color = now.text
      chart.update("none")
    }
  }
  matchMedia("print").addEventListener("change", recolour)
  new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] })
})()
