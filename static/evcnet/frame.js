// What the frame's templates call by name. Alpine's build for a Content-Security-Policy looks names up here, and
// never in the window, so that no attribute of a page can run what it likes.
document.addEventListener("alpine:init", function () {
  Alpine.data("theme", theme);
  Alpine.data("searchForm", searchForm);
  Alpine.data("searchDropdown", searchDropdown);
  Alpine.data("page", function (firstTab) {
    return {
      activeTab: "",
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
      moveRecords: moveRecords,
      sortRecords: sortRecords,
      window: { location: { pathname: window.location.pathname, search: window.location.search } },
      init() {
        this.activeTab = getCurrentTab() || firstTab;
        this.$watch("sidebarDesktopOpen", function (open) { localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"); });
      },
    };
  });
});

// Alpine writes a style as an attribute, which the policy forbids; set as a property it is allowed, and does the same.
(function (setAttribute) {
  Element.prototype.setAttribute = function (name, value) {
    if (name === "style") { this.style.cssText = value; } else { setAttribute.call(this, name, value); }
  };
})(Element.prototype.setAttribute);
