// A row of a list opens by a click anywhere in it, as its link does. Without a script the link is there.
(function () {
  "use strict";

  const OWN = "a, button, input, label, select, textarea, summary, .action-checkbox";

  document.addEventListener("click", function (event) {
    const row = event.target.closest("#result_list .data-row");
    if (!row || event.defaultPrevented || event.target.closest(OWN)) { return; }
    if (event.button !== 0 || event.shiftKey || event.altKey || String(window.getSelection())) { return; }
    const link = row.querySelector("a.evc-list-cell-link");
    if (!link) { return; }
    if (event.ctrlKey || event.metaKey) { window.open(link.href, "_blank", "noopener"); } else { link.click(); }
  });
})();
