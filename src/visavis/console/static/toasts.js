// Short messages at the edge of the page; screen readers read them out.
import { element, icon } from "./dom.js";

const SHOWN_MS = 6000;

export function toast(text, kind = "check") {
  const made = element("div", { class: "toast" }, icon(kind), element("p", {}, text));
  document.getElementById("toasts").append(made);
  fade(made);
}

function fade(made) {
  let timer = setTimeout(() => made.remove(), SHOWN_MS);
  made.addEventListener("mouseenter", () => clearTimeout(timer));
  made.addEventListener("mouseleave", () => (timer = setTimeout(() => made.remove(), SHOWN_MS / 2)));
}

// What an action led here for was said by the server; say it once, and not again when the page is loaded anew.
export function settle() {
  for (const made of document.querySelectorAll("[data-toast]")) {
    const text = made.querySelector("p").textContent;
    made.remove();
    toast(text);
  }
  const here = new URL(location.href);
  if (here.searchParams.has("notice")) {
    here.searchParams.delete("notice");
    history.replaceState(null, "", here);
  }
}
