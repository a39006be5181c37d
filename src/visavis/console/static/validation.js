// Says below a field what is wrong with it, in the language of the page. The browser's own bubble would cover the hint,
// and speak the language of the browser.
import { element, icon } from "./dom.js";
import { fill, messages } from "./messages.js";

const words = messages();

export function validate(form) {
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    const fields = [...form.elements].filter((field) => field.willValidate);
    fields.forEach(tell);
    const wrong = fields.find((field) => !field.validity.valid);
    if (!wrong) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wrong.focus();
  }, { capture: true });
  form.addEventListener("input", ({ target }) => {
    if (target.getAttribute("aria-invalid") && target.validity.valid) tell(target);
  });
}

function tell(field) {
  const id = `${field.id}-error`;
  const place = field.closest(".field") ?? field.closest("form");
  const wrong = !field.validity.valid;
  document.getElementById(id)?.remove();
  place.classList.toggle("field-wrong", wrong);
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((other) => other && other !== id);
  field.setAttribute("aria-describedby", (wrong ? [id, ...others] : others).join(" "));
  if (!others.length && !wrong) field.removeAttribute("aria-describedby");
  if (!wrong) {
    field.removeAttribute("aria-invalid");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  const told = element("p", { class: "error", id }, icon("alert", 16), element("span", {}, whatIsWrong(field)));
  const control = field.closest(".control");
  if (place.contains(control) && place.matches(".field")) control.after(told);
  else place.append(told);
}

function whatIsWrong({ validity, min, max, type }) {
  if (validity.badInput) return type === "date" ? words["invalid.date"] : words["invalid.number"];
  if (validity.valueMissing) return words["invalid.missing"];
  if (validity.typeMismatch) return words["invalid.url"];
  if (validity.stepMismatch) return words["invalid.whole"];
  return fill(words[max ? "invalid.range" : "invalid.least"], { min: shown(min), max: shown(max) });
}

function shown(number) {
  return Number(number).toLocaleString(document.documentElement.lang);
}
