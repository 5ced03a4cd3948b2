// Follows every change: the new page is laid over the old one, so that nothing flickers.
// Without it a page is as it was loaded.
"use strict";

const MINUTE = 60_000;

let fetching = false;
let again = false;
let shown = Number(document.querySelector("main").dataset.revision);

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
    // The server is away; the next event or the next minute tries again.
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
  events = new EventSource(document.querySelector("main").dataset.events);
  events.onmessage = ({ data }) => {
    if (Number(data) !== shown) refresh();
  };
  // A browser gives up for good on some errors: then we ask again ourselves.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}

/** Tells what came of something, for a few seconds. */
function say(words, bad) {
  const toast = document.getElementById("toast");
  toast.textContent = words;
  toast.className = bad ? "shown bad" : "shown";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.className = ""), 6000);
}

follow();
setInterval(() => document.visibilityState === "visible" && refresh(), MINUTE);
