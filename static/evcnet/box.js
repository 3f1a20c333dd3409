// The box: Ctrl+K and "/" open it from everywhere, arrows choose, Enter opens, Esc closes. The focus stays in its field;
// the chosen line is its active descendant. What was typed is asked of the server as one types.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  const box = document.getElementById("box");
  if (!box) { return; }
  const field = document.getElementById("box-typed"), lines = document.getElementById("box-lines");
  const announced = document.getElementById("box-announced");
  const WAIT = 120; // milliseconds after a key
  let timer = 0, asking = null, chosen = -1, pending = null;

  const options = () => Array.from(lines.querySelectorAll("[role=option]"));

  function choose(place) {
    const all = options();
    chosen = all.length ? (place + all.length) % all.length : -1;
    all.forEach(function (line, number) {
      line.id = "box-option-" + number;
      line.setAttribute("aria-selected", String(number === chosen));
    });
    field.setAttribute("aria-expanded", String(all.length > 0));
    if (chosen < 0) { field.removeAttribute("aria-activedescendant"); return; }
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  async function ask() {
    timer = 0;
    if (asking) { asking.abort(); }
    const turn = asking = new AbortController();
    const address = box.dataset.address + "?extended=1&s=" + encodeURIComponent(field.value);
    let answer = null;
    try {
      answer = await fetch(address, { signal: turn.signal, redirect: "manual" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== asking) { return; }
      const part = page.querySelector("[data-announced]");
      if (!answer.ok || !part) { throw new Error(); }
      lines.replaceChildren(part);
      announced.textContent = part.dataset.announced;
      choose(0);
    } catch (error) {
      if (turn !== asking) { return; }
      lines.replaceChildren(Object.assign(document.createElement("p"), {
        className: "evc-box-help", textContent: "No answer. Check the connection, or load the page again to sign in.",
      }));
      announced.textContent = lines.textContent;
      choose(-1);
    } finally {
      if (turn === asking) { asking = null; if (pending) { open(pending); } }
    }
  }

  function askSoon() {
    clearTimeout(timer);
    pending = null;
    timer = setTimeout(ask, WAIT);
  }

  // Enter before the lines of what was typed are there opens the first of them once they are.
  function open(event) {
    if (timer || asking) { pending = event; if (timer) { clearTimeout(timer); ask(); } return; }
    pending = null;
    const line = options()[chosen];
    if (!line) { return; }
    if (event.ctrlKey || event.metaKey) { window.open(line.href, "_blank", "noopener"); return; }
    line.click();
  }

  function show() {
    if (box.open) { field.select(); return; }
    if (document.querySelector("dialog[open]")) { return; }
    box.showModal();
    field.focus();
    field.select();
    ask();
  }

  document.addEventListener("keydown", function (event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const control = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (slash || control) { event.preventDefault(); show(); }
  });
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-box]");
    if (button && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); show(); }
    if (event.target === box || event.target.closest("[data-box-close]")) { box.close(); }
  });
  field.addEventListener("input", askSoon);
  field.addEventListener("keydown", function (event) {
    if (event.isComposing) { return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter") { event.preventDefault(); open(event); }
  });
});
