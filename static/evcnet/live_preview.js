// Says how prices read to a driver and when rows hold while they are typed: a form with data-reads, the place #reads in it.
"use strict";
document.querySelectorAll("form[data-reads]").forEach((form) => {
  const place = form.querySelector("#reads");
  const said = form.querySelector("#reads-said");
  let waiting = 0;
  let newest = 0;
  const ask = async () => {
    const turn = ++newest;
    const typed = new FormData(form);
    typed.append("reads", "1");
    let answer;
    try {
      answer = await fetch(form.getAttribute("action") || window.location.href, { method: "POST", body: typed });
    } catch {
      return; // without a connection the last words stay
    }
    if (!answer.ok || answer.redirected) return;
    const words = await answer.text();
    if (turn !== newest) return;
    place.innerHTML = words;
    const holds = form.querySelectorAll("[data-holds]");
    place.querySelectorAll("[data-conditions] span").forEach((condition, row) => {
      if (holds[row]) holds[row].textContent = condition.textContent;
    });
    const short = place.querySelector("[data-said]");
    said.textContent = short ? short.dataset.said : "";
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("click", (event) => { if (event.target.closest("[data-add]")) soon(); });
});
