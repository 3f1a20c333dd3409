// Keeps the driver's page fresh: every 20 seconds what is shown is fetched again, unless somebody types or is not looking.
"use strict";
const SECONDS = 20;

async function refresh() {
  const main = document.getElementById("driver"), field = document.getElementById("q");
  if (document.hidden || main.contains(document.activeElement) || field?.value !== field?.defaultValue) return;
  const query = new URLSearchParams(location.search);
  query.delete("answer");
  try {
    const response = await fetch(`${location.pathname}?${query}`, { headers: { "X-Requested-With": "fetch" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("driver");
    if (fresh) main.replaceChildren(...fresh.childNodes);
  } catch {
    // The line is gone for a moment: the next round tries again.
  }
}

setInterval(refresh, SECONDS * 1000);
