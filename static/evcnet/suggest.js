// Offers matches under a field while somebody types: <input list="..." data-suggest="address?kind=...">.
"use strict";
document.querySelectorAll("input[data-suggest]").forEach((input) => {
  const list = document.getElementById(input.getAttribute("list"));
  let waiting = 0;
  let newest = 0;
  const ask = async () => {
    const turn = ++newest;
    const answer = await fetch(`${input.dataset.suggest}&q=${encodeURIComponent(input.value)}`);
    if (!answer.ok || turn !== newest) return;
    const { matches } = await answer.json();
    list.replaceChildren(...matches.map(({ value, label }) => {
      const option = document.createElement("option");
      option.value = value;
      option.label = `${label} (${value})`;
      return option;
    }));
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
});
