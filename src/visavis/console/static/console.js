// What every page has: times, dialogs, copying, passwords that can be looked at, the menu of small screens.
import { messages } from "./messages.js";
import { settle, toast } from "./toasts.js";
import { validate } from "./validation.js";

const words = messages();
const language = document.documentElement.lang;

document.documentElement.classList.add("scripted");
settle();

const clock = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = clock.format(new Date(time.dateTime));
}

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? words.hide_password : words.show_password;
  });
}

for (const button of document.querySelectorAll("[data-menu]")) {
  const menu = document.getElementById(button.dataset.menu);
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(menu.classList.toggle("open")));
  });
}

for (const menu of document.querySelectorAll("[data-menu-of-apps]")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// A dialog that is for many things is told by its opener which one it is about.
function open({ open, action, about, value }) {
  const dialog = document.getElementById(open);
  if (action) dialog.querySelector("form").action = action;
  for (const field of dialog.querySelectorAll("[data-value]")) field.value = value ?? "";
  for (const place of dialog.querySelectorAll("[data-about]")) place.textContent = about ?? "";
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) open(opener.dataset);
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(document.getElementById(copier.dataset.copy));
});

async function copy(source) {
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard: select it, and copy as the keyboard would.
    source.select?.();
    document.execCommand("copy");
  }
  toast(words.copied);
}

// The secret of an invitation is behind the #, which no server sees; it goes into the form and out of the address.
// It is kept for this tab until it has been used, since the page may be loaded anew in another language.
const code = document.querySelector("[data-code] input");
if (code) {
  takeCode();
  addEventListener("hashchange", takeCode);
} else {
  sessionStorage.removeItem("code");
}

function takeCode() {
  const given = location.hash.slice(1) || (code.value ? "" : sessionStorage.getItem("code"));
  if (!given || given === "main") return;
  code.value = given;
  sessionStorage.setItem("code", given);
  history.replaceState(null, "", location.pathname + location.search);
  code.closest("[data-code]").hidden = true;
  document.querySelector("[data-code-read]").hidden = false;
  document.querySelector("input:not([type=hidden], [name=code])")?.focus();
}

for (const form of document.querySelectorAll("form")) validate(form);

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Filters that are not set stay out of the address.
for (const form of document.querySelectorAll("form[role=search]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

for (const dialog of document.querySelectorAll("[data-open-at-once]")) dialog.showModal();
