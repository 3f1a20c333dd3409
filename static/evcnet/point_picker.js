// Replaces the picker of charge points alone where its buttons would send the whole form and show it again.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-picker] button");
  if (button) {
    event.preventDefault();
    renew(button.closest("[data-picker]"), button);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-picker] input[type=search]")) {
    event.preventDefault();
    const picker = event.target.closest("[data-picker]");
    renew(picker, picker.querySelector(`[name="${picker.dataset.picker}-search"]`));
  }
});

async function renew(picker, button) {
  const form = picker.closest("form");
  const typed = new FormData(form, button);
  picker.setAttribute("aria-busy", "true");
  const headers = { "HX-Request": "true" }; // without the colours of the frame, which the policy would refuse here
  const answer = await fetch(form.action, { method: "POST", body: typed, headers }).catch(() => null);
  const page = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const renewed = page && page.querySelector(`[data-picker="${picker.dataset.picker}"]`);
  picker.removeAttribute("aria-busy");
  if (!renewed) {
    form.requestSubmit(button); // signed out, or no connection: the page says so
    return;
  }
  picker.replaceWith(renewed);
  const focus = renewed.querySelector(`[name="${button.name}"]`) || renewed.querySelector("input[type=search]");
  focus.focus();
}
