// Sends forms in the background, and remembers as whom one acts. It comes after what follows changes.
// Without it the page works by ordinary forms.

const REMEMBERED = "countersign.sandbox.person";

// --- Acting. ---

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
