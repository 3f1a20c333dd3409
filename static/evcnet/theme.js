// Light or dark as chosen in the portal, before anything is painted; without a choice as the system says.
(function () {
  let chosen = null;
  try { chosen = JSON.parse(localStorage.getItem("adminTheme")); } catch { /* storage may be closed to us */ }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
