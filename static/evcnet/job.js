// Shows how far a job is: a place with data-job-state asks there every two seconds, until the job is over.
// Without script the page loads itself again.
"use strict";
document.querySelectorAll("[data-job-state]").forEach((place) => {
  const PAUSE = 2000;
  const said = document.getElementById("job-said");
  let last = "";
  const again = () => setTimeout(ask, PAUSE);
  const ask = async () => {
    if (document.hidden) return again();
    let answer;
    try {
      answer = await fetch(place.dataset.jobState);
    } catch {
      return again(); // without a connection the last words stay
    }
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (!answer.ok) return again();
    place.innerHTML = await answer.text();
    const state = place.firstElementChild.dataset;
    if (state.over) return location.reload();
    if (state.said !== last) said.textContent = last = state.said;
    return again();
  };
  again();
});
