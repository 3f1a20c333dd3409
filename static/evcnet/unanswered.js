// Keeps a form that was sent until its answer has come: without one it is filled in again where it stood.
// In this tab alone, for the login that typed it, for an hour; never passwords and files.
(function () {
  "use strict";
  const PREFIX = "unanswered:";
  const SIGNED_OUT = "unanswered-signed-out"; // shared by the tabs: what was sent before this moment is gone
  const SENDING = "sending_id";
  const HOUR = 3600 * 1000;
  const BUTTONS = ["submit", "button", "image", "reset"];

  const isSecret = (field) => ["password", "file"].includes(field.type) || /password|^csrfmiddlewaretoken$/.test(field.name);
  const isTyped = (field) => field.name && field.name !== SENDING && !field.disabled
    && !BUTTONS.includes(field.type) && !isSecret(field);
  const isKept = (form) => form.method === "post" && form.id !== "changelist-form" && !form.closest("nav, header")
    && Array.from(form.elements).some(isTyped);
  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";
  const isSignOut = (form) => new URL(form.action, location.href).pathname.endsWith("/logout/");

  // What is kept: a form at the page of a login

  const prefix = () => PREFIX + document.body.dataset.login + ":";
  const place = () => prefix() + location.pathname + location.search;
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  const read = (key) => JSON.parse(sessionStorage.getItem(key));

  function forget(isOver) {
    keys().filter(isOver).forEach((key) => sessionStorage.removeItem(key));
  }

  const ids = new WeakMap(); // one for each form as the page shows it: of a double click the first is sent
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (each) => each.toString(16).padStart(2, "0")).join("");

  function keep(form, submitter) {
    if (!document.body.dataset.login || !isKept(form) || (submitter || form).closest("[data-download]")) { return; }
    const id = ids.get(form) || random();
    ids.set(form, id);
    const fields = Array.from(form.elements).filter(isTyped).flatMap(sent);
    sessionStorage.setItem(place(), JSON.stringify({ id, at: Date.now(), action: form.action, fields }));
    name(form, id);
  }

  // The server hands this back with the answer: in the page, or at the end of the address to which it leads on.
  function name(form, id) {
    let field = form.querySelector(`input[name=${SENDING}]`);
    if (!field) {
      field = hidden({ name: SENDING });
      form.append(field);
    }
    field.value = id;
  }

  function hidden({ name, value = "" }) {
    return Object.assign(document.createElement("input"), { type: "hidden", name, value });
  }

  function sent(field) {
    const name = field.name;
    if (field.tagName === "SELECT") { return Array.from(field.selectedOptions, ({ value, text }) => ({ name, value, label: text })); }
    const travels = field.hasAttribute("data-travels"); // typed on a later step, and sent along with the first one too
    return isTicked(field) && !field.checked ? [] : [{ name, value: field.value, hidden: field.type === "hidden", travels }];
  }

  document.addEventListener("submit", function (event) {
    try {
      if (isSignOut(event.target)) {
        forget(() => true);
        localStorage.setItem(SIGNED_OUT, Date.now());
      } else {
        keep(event.target, event.submitter);
      }
    } catch { /* a browser that stores nothing sends the form all the same */ }
  }, true);

  // What is over: it was answered, is old, or is not this login's

  let answered = "";
  const end = location.hash.match(/[#&]answered=([0-9a-f]{32})$/);
  if (end) {
    answered = end[1];
    const rest = location.hash.slice(0, end.index);
    history.replaceState(history.state, "", location.pathname + location.search + rest);
    if (rest) { window.addEventListener("load", () => document.getElementById(rest.slice(1))?.scrollIntoView()); }
  }

  function isOver(key) {
    const { id, at } = read(key);
    const login = document.body.dataset.login;
    return [answered, document.body.dataset.posted].includes(id) || Date.now() - at > HOUR
      || at <= Number(localStorage.getItem(SIGNED_OUT)) || Boolean(login && !key.startsWith(prefix()));
  }

  window.addEventListener("pageshow", function () {
    try {
      forget(isOver);
      if (!document.body.dataset.login) { return; }
      const newest = keys().sort((one, other) => read(other).at - read(one).at)[0];
      const key = sessionStorage.getItem(place()) ? place() : newest;
      const form = key === place() ? restored(read(key)) : null;
      if (key) { tell(key, form); }
    } catch { /* no storage: nothing was kept */ }
  });

  // Filling in

  function restored(kept) {
    const values = new Map();
    kept.fields.forEach((each) => values.set(each.name, [...(values.get(each.name) || []), each]));
    const form = formOf(kept, values);
    if (!form) { return null; }
    addRows(form, values);
    fill(form, values, hiddenNames(Array.from(form.elements)) === hiddenNames(kept.fields));
    form.querySelectorAll("[data-picker]").forEach((picker) => choose(picker, values));
    kept.fields.filter((each) => each.travels && !form.elements[each.name]).forEach((each) => form.append(hidden(each)));
    return form;
  }

  const shownFields = (form) => Array.from(form.elements).filter((field) => isTyped(field) && field.type !== "hidden");

  function formOf(kept, values) {
    const likeness = (form) => shownFields(form).filter((field) => values.has(field.name)).length * 2 + (form.action === kept.action);
    const forms = Array.from(document.forms).filter((form) => isKept(form) && likeness(form) > 1);
    return forms.sort((one, other) => likeness(other) - likeness(one))[0];
  }

  function hiddenNames(fields) {
    const names = fields.filter((each) => each.hidden || each.type === "hidden").map((each) => each.name);
    return Array.from(new Set(names)).filter((each) => each !== SENDING && each !== "csrfmiddlewaretoken").sort().join();
  }

  function addRows(form, values) {
    values.forEach(function (kept, name) {
      const total = name.endsWith("-TOTAL_FORMS") && form.elements[name];
      const rows = name.slice(0, -"-TOTAL_FORMS".length);
      const button = total && form.querySelector(`[data-add="${rows}"], #${rows}-group .add-row`);
      for (let before = -1; button && Number(total.value) > before && Number(total.value) < Number(kept[0].value);) {
        before = Number(total.value);
        button.click();
      }
    });
  }

  // Hidden fields say of what the form was filled in, and only those of the same form: with them somebody else's
  // change since is noticed. A tick that is missing was taken away, if all else that the form asks is there.
  function fill(form, values, isSame) {
    const isWhole = shownFields(form).every((field) => isTicked(field) || field.multiple || values.has(field.name));
    const left = new Map(Array.from(values, ([name, kept]) => [name, kept.slice()]));
    Array.from(form.elements).filter(isTyped).forEach(function (field) {
      if (field.closest("[data-picker]") && isTicked(field)) { return; }
      if (field.type === "hidden" ? !isSame || !left.has(field.name) : !isWhole && !left.has(field.name)) { return; }
      const before = JSON.stringify(sent(field));
      set(field, left);
      if (JSON.stringify(sent(field)) !== before) {
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  function set(field, left) {
    const kept = left.get(field.name) || [];
    const values = kept.map((each) => each.value);
    if (isTicked(field)) {
      field.checked = values.includes(field.value);
    } else if (field.tagName === "SELECT") {
      const chosen = field.multiple ? kept : kept.splice(0, 1);
      if (field.matches(".admin-autocomplete")) { chosen.forEach((each) => offer(field, each)); }
      Array.from(field.options).forEach((each) => { each.selected = chosen.some(({ value }) => value === each.value); });
    } else if (kept.length) {
      field.value = kept.shift().value;
    }
  }

  function offer(field, { value, label }) {
    if (!Array.from(field.options).some((each) => each.value === value)) { field.append(new Option(label || value, value)); }
  }

  // The picker of charge points is shown again by its own button, with what was chosen.
  function choose(picker, values) {
    const keys = (values.get(picker.dataset.picker) || []).map((each) => each.value).join(",");
    if (!keys) { return; }
    picker.querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = false; });
    picker.append(hidden({ name: picker.dataset.picker, value: keys }));
    picker.querySelector(`[name="${picker.dataset.picker}-search"]`).click();
  }

  // Above the form; on another page, or where its page shows no such form now, above all else.
  function tell(key, form) {
    const note = document.createElement("div");
    note.id = "unanswered-note";
    note.className = "evc-note evc-bad";
    note.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = "Not saved, as far as is known: what you sent " + ago(read(key).at) + " got no answer. ";
    if (key === place()) {
      words.append(form ? remedy(form) : "Begin it once more: its form is filled in then.");
    } else {
      words.append(Object.assign(document.createElement("a"), { href: key.slice(prefix().length), textContent: "Show it again" }));
    }
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "evc-button", textContent: "Throw it away" });
    button.addEventListener("click", function () {
      sessionStorage.removeItem(key);
      note.remove();
      if (form) { form.dispatchEvent(new Event("thrown-away", { bubbles: true })); location.reload(); }
    });
    note.append(words, button);
    document.getElementById(note.id)?.remove();
    (form || document.getElementById("content") || document.body).prepend(note);
    note.scrollIntoView({ block: "nearest" });
  }

  function ago(moment) {
    const minutes = Math.round((Date.now() - moment) / 60000);
    return minutes > 1 ? minutes + " minutes ago" : "just now";
  }

  function remedy(form) {
    const has = (type) => form.querySelector(`input[type=${type}]`);
    return "It stands in the form again: check it, and send it once more."
      + (has("password") ? " Passwords are not kept: type them again." : "")
      + (has("file") ? " Files are not kept: choose the file again." : "");
  }
})();
