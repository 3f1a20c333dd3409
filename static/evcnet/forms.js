// Keeps what was typed: asks before a form with changes is left, and sends nothing into a lost connection or session.
(function () {
  "use strict";
  const SECONDS = 20;
  const changed = new Set(); // forms with changes that were not sent
  let sending = false;
  const TWICE = 1000; // milliseconds
  let last = { button: null, at: 0 }; // what was sent, by which button
  let waiting = null; // why nothing can be sent: "connection", "session", or null
  let timer = 0;

  const isTyped = (field) => field.name && field.name !== "csrfmiddlewaretoken" && field.type !== "submit";
  const isKept = (form) => form && form.method === "post" && form.id !== "changelist-form" && !form.closest("nav, header")
    && Array.from(form.elements).some(isTyped);

  // A page that answers what was sent holds it, as a preview or with errors; so does one with data-unsaved.
  document.addEventListener("DOMContentLoaded", function () {
    const holds = "form[data-unsaved], [data-posted] #content form";
    document.querySelectorAll(holds).forEach(function (form) { if (isKept(form)) { changed.add(form); } });
  });

  function change(event) {
    const form = event.target.form;
    if (!isKept(form) || !isTyped(event.target)) { return; }
    changed.add(form);
    if (!timer) { timer = setInterval(check, SECONDS * 1000); check(); }
  }
  document.addEventListener("input", change);
  document.addEventListener("change", change);
  document.addEventListener("click", function (event) { // a further row, or one less
    const form = event.target.closest("[data-add], .add-row, .inline-deletelink") && event.target.closest("form");
    if (isKept(form)) { changed.add(form); }
  });

  document.addEventListener("thrown-away", function (event) { changed.delete(event.target); });

  window.addEventListener("beforeunload", function (event) {
    if (!sending && Array.from(changed).some((form) => form.isConnected)) { event.preventDefault(); }
  });
  window.addEventListener("pageshow", function () { sending = false; });

  // Of a date, a time or a number that is half typed a browser sends nothing: it would count as none.
  document.addEventListener("submit", function (event) {
    const half = Array.from(event.target.elements).find((field) => field.validity && field.validity.badInput);
    if (half) { event.preventDefault(); half.focus(); half.reportValidity(); }
  });

  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || event.target.method !== "post") { return; }
    if (!navigator.onLine) { waiting = "connection"; }
    if (waiting) {
      event.preventDefault();
      tell(event.target);
      const submitter = event.submitter;
      check().then(function () { if (!waiting) { event.target.requestSubmit(submitter); } });
      return;
    }
    const button = event.submitter || event.target;
    if (button === last.button && event.timeStamp - last.at < TWICE) { event.preventDefault(); return; } // a double click
    last = { button: button, at: event.timeStamp };
    renewToken(event.target);
    sending = true; // a download leaves the page as it is
    setTimeout(function () { sending = false; }, 5000);
  });

  // Whoever signed in on another page meanwhile has a new token there.
  function renewToken(form) {
    const token = form.elements.csrfmiddlewaretoken;
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    if (token && cookie) { token.value = cookie[1]; }
  }

  async function check() {
    const before = waiting;
    const url = document.body.dataset.session;
    try {
      const answer = url ? await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(5000) }) : null;
      waiting = answer && answer.status === 403 ? "session" : answer && !answer.ok ? "connection" : null;
    } catch {
      waiting = "connection";
    }
    if (waiting !== before) { tell(Array.from(changed).at(-1)); }
  }
  window.addEventListener("online", check);
  window.addEventListener("offline", function () { waiting = "connection"; tell(Array.from(changed).at(-1)); });

  // What is only asked while one types (by htmx) leaves the page where it is.
  async function notTaken(event) {
    const form = event.target.closest("form");
    if (!isKept(form)) { return; }
    changed.add(form);
    await check();
    const why = waiting;
    waiting = waiting || "error";
    tell(form);
    waiting = why;
  }
  document.addEventListener("htmx:sendError", notTaken);
  document.addEventListener("htmx:responseError", notTaken);
  document.addEventListener("htmx:afterSwap", function () { tell(Array.from(changed).at(-1)); });

  const WORDS = {
    error: "The portal answered with an error. Nothing was saved, and what you typed stays here: send it once more.",
    connection: "There is no connection to the portal. Nothing was sent, and what you typed stays here: send it once the connection is back.",
    session: "You are signed out. Nothing was sent, and what you typed stays here: ",
  };

  function tell(form) {
    const old = document.getElementById("forms-note");
    if (old) { old.remove(); }
    if (!waiting || !form) { return; }
    const note = document.createElement("div");
    note.id = "forms-note";
    note.className = "evc-note evc-bad";
    note.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = WORDS[waiting];
    if (waiting === "session") {
      const link = document.createElement("a");
      link.href = document.body.dataset.signIn;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = "sign in on another page";
      words.append(link, ", then send it.");
    }
    note.append(words);
    form.prepend(note);
    note.scrollIntoView({ block: "nearest" });
  }
})();
