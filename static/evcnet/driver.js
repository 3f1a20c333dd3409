// Keeps the driver's page fresh: every 20 seconds what is shown is fetched again, unless somebody types or is not looking.
"use strict";
const SECONDS = 20;

async function refresh() {
  const main = document.getElementById("driver");
  if (document.hidden || main.contains(document.activeElement)) return;
  try {
    const response = await fetch(location.pathname, { headers: { "X-Requested-With": "fetch" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("driver");
    if (fresh && !location.search.includes("q=")) main.replaceChildren(...fresh.childNodes);
  } catch {
    // The line is gone for a moment: the next round tries again.
  }
}

setInterval(refresh, SECONDS * 1000);
