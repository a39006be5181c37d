// What each dialect answers to the same request, and the command that asks.
import { element } from "./dom.js";
import { jsonView } from "./json-view.js";

const section = document.getElementById("replies");
const tabs = section.querySelector("[data-tabs]");
const find = (name) => section.querySelector(`[data-${name}]`);

let given = [];
let chosen = "v2";

// `replies` as the server gives them; each may be changed by `as` before it is shown.
export function showReplies(replies, as = (reply) => reply) {
  given = replies.map(as);
  given.sort((a, b) => order(a.dialect) - order(b.dialect));
  section.hidden = !given.length;
  if (!given.some((reply) => reply.dialect === chosen)) chosen = given[0]?.dialect;
  tabs.replaceChildren(...given.map((reply) => element("button", {
    type: "button",
    role: "tab",
    id: `tab-${reply.dialect}`,
    "aria-controls": "reply",
    onclick: () => choose(reply.dialect),
  }, reply.title)));
  if (given.length) choose(chosen);
}

function order(dialect) {
  return ["v2", "plus", "v1"].indexOf(dialect);
}

function choose(dialect) {
  chosen = dialect;
  for (const tab of tabs.children) {
    const selected = tab.id === `tab-${dialect}`;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
  }
  find("panel").setAttribute("aria-labelledby", `tab-${dialect}`);
  const reply = given.find((each) => each.dialect === dialect);
  section.querySelector("#request-code").textContent = reply.request;
  section.querySelector("#answer-code").replaceChildren(jsonView(reply.body));
  find("status").textContent = `HTTP ${reply.status}`;
  find("detail").hidden = !reply.detail;
  find("detail").textContent = `X-Error-Detail: ${reply.detail}`;
  find("reason").hidden = !reply.reason;
  find("reason").textContent = reply.reason;
}

tabs.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = given.findIndex((reply) => reply.dialect === chosen);
  const next = given[(at + by + given.length) % given.length];
  choose(next.dialect);
  document.getElementById(`tab-${next.dialect}`).focus();
});
