// Sends forms in the background, follows every change, and remembers as whom one acts.
// Without it the page works by ordinary forms.
"use strict";

const REMEMBERED = "countersign.sandbox.person";
const MINUTE = 60_000;

let fetching = false;
let again = false;
let shown = Number(document.querySelector("main").dataset.revision);

// --- Following changes: the new page is laid over the old one, so that nothing flickers. ---

/** Makes `old` look like `fresh`, keeping what the reader typed, opened, chose or focused. */
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.nodeName === "TEXTAREA") return;
  // What changed its mark is opened or closed anew: buttons that appear must be seen.
  if (old.dataset.mark !== fresh.dataset.mark) old.open = fresh.open;
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  const readers = old.nodeName === "DETAILS" ? "open" : "checked";
  for (const { name } of [...old.attributes]) {
    if (name !== readers && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== readers && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/** Children with an id are found again wherever they are; the others by their place. */
function morphChildren(old, fresh) {
  const kept = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
  for (const child of [...old.children]) {
    if (child.id && !kept.has(child.id)) child.remove();
  }
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const same = wanted.id && [...old.children].find((child) => child.id === wanted.id);
    if (same && same !== place) old.insertBefore(same, place);
    if (same) place = same;
    if (!place || (!same && (wanted.id || place.id))) {
      const added = document.importNode(wanted, true);
      old.insertBefore(added, place);
      if (added.id) added.classList.add("fresh");
      continue;
    }
    const next = place.nextSibling;
    morph(place, wanted);
    place = next;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const main = fresh.querySelector("main");
  if (!main) return null;
  morph(document.querySelector("main"), main);
  document.title = fresh.title;
  shown = Math.max(shown, Number(main.dataset.revision));
  return main;
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    if (answer.ok) show(await answer.text());
  } catch {
    // The sandbox is away; the next event or the next minute tries again.
  } finally {
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

let events = null;
function follow() {
  events = new EventSource("/_sandbox/events");
  events.onmessage = ({ data }) => {
    if (Number(data) !== shown) refresh();
  };
  // A browser gives up for good on some errors: then we ask again ourselves.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}

// --- Acting. ---

function say(words, bad) {
  const toast = document.getElementById("toast");
  toast.textContent = words;
  toast.className = bad ? "shown bad" : "shown";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.className = ""), 6000);
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(button.formAction, { method: "POST", body: fields });
    const text = await answer.text();
    if (!answer.ok) {
      const notice = new DOMParser().parseFromString(text, "text/html").querySelector(".notice");
      say(notice ? notice.textContent : "That did not work.", true);
      return;
    }
    finish(answer, text, button);
  } catch {
    say("The sandbox does not answer. Is it still running?", true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function finish(answer, text, button) {
  const landed = new URL(answer.url).pathname;
  if (landed !== location.pathname) {
    location.assign(landed);
    return;
  }
  if (button.formAction.endsWith("/comment")) document.getElementById("comment").value = "";
  show(text);
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.target.id !== "act") return;
  event.preventDefault();
  const box = document.getElementById("comment");
  if (button.dataset.fill) fill(button.dataset);
  else if (box && button.formAction.endsWith("/comment") && !box.value.trim()) box.focus();
  else if (!button.hasAttribute("aria-busy")) send(event.target, button);
});

function fill({ fill: words, as: person }) {
  const box = document.getElementById("comment");
  if (person) choose(person);
  box.value = words;
  box.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.id !== "comment") return;
  event.preventDefault();
  document.querySelector(".composer button.primary").click();
});

// --- Remembering as whom one acts. ---

function choose(person) {
  const radio = [...document.querySelectorAll('input[name="as"]')].find((one) => one.value === person);
  if (!radio) return;
  radio.checked = true;
  remember(person);
}

function remember(person) {
  try {
    localStorage.setItem(REMEMBERED, person);
  } catch {
    // Private windows may refuse; then the choice lasts as long as the page.
  }
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.name === "as") remember(target.value);
});

choose(new URLSearchParams(location.search).get("as") ?? remembered());
if (location.search) history.replaceState(null, "", location.pathname + location.hash);
document.documentElement.classList.add("scripted");
follow();
setInterval(() => document.visibilityState === "visible" && refresh(), MINUTE);
