// Small helps of the frame. Every page works without them.
(function () {
  "use strict";

  // Esc leaves the search field of a list.
  const SEARCH = "#searchbar, [data-search], input[type=search]";
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && event.target.matches(SEARCH)) { event.target.blur(); }
  });

  // A menu closes by Esc, which returns to its button, and by a click elsewhere.
  document.addEventListener("keydown", function (event) {
    const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.open = false; }
    });
  });

  // A search box of select2 tells only jQuery that it changed; others listen to the browser's own event.
  document.addEventListener("DOMContentLoaded", function () {
    const jQuery = window.django && window.django.jQuery;
    if (!jQuery) { return; }
    jQuery(document).on("select2:select select2:unselect select2:clear", function (event) {
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  // A search box of select2 stands in for its field, and does not take over the field's name.
  function nameSearchBox(container) {
    const field = container.previousElementSibling;
    const label = field && field.labels && field.labels[0];
    const name = field && (field.getAttribute("aria-label") || (label && label.textContent.trim()));
    if (!name) { return; }
    container.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]").forEach(function (box) {
      box.setAttribute("aria-label", name);
      box.removeAttribute("aria-labelledby");
    });
  }
  new MutationObserver(function (records) {
    records.forEach(function (record) {
      record.addedNodes.forEach(function (node) {
        // Its inner field comes and goes with what is chosen.
        const container = node.closest && node.closest(".select2-container");
        if (container) { nameSearchBox(container); }
      });
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // A further row in a table of rows.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-add]");
    if (!button) { return; }
    const prefix = button.dataset.add;
    const total = document.querySelector('[name="' + prefix + '-TOTAL_FORMS"]');
    const row = document.querySelector('template[data-row="' + prefix + '"]').content.querySelector("tbody").cloneNode(true);
    row.innerHTML = row.innerHTML.replaceAll("__prefix__", total.value);
    document.querySelector('table[data-rows="' + prefix + '"]').append(row);
    total.value = Number(total.value) + 1;
    const first = row.querySelector('input:not([type="hidden"]):not([name$="-ORDER"])');
    if (first) { first.focus(); }
  });

  // How many customers a switch means, for the user group that is chosen.
  document.addEventListener("change", function (event) {
    if (!event.target.dataset || !event.target.dataset.customers) { return; }
    const counts = JSON.parse(event.target.dataset.customers)[event.target.value];
    document.querySelectorAll("[data-counted]").forEach(function (place) {
      place.textContent = counts
        ? "Now: " + counts[Number(place.dataset.counted)].toLocaleString(document.documentElement.lang)
        : "choose a user group to see how many";
    });
  });
})();

// On a narrow screen the row of tabs is wider than the page: the tab of this page stands in sight.
document.addEventListener("DOMContentLoaded", function () {
  const tab = document.querySelector(".evc-tabs [aria-current]");
  if (!tab) { return; }
  const row = tab.parentElement, at = tab.getBoundingClientRect(), within = row.getBoundingClientRect();
  row.scrollLeft += at.left - within.left - (within.width - at.width) / 2;
});
