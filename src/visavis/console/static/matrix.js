// Every face of one picture against every face of the other, as a table: what the lines show, for everybody.
import { element, icon } from "./dom.js";
import { fill } from "./messages.js";
import { shown } from "./score.js";
import { rarity, words } from "./similarity.js";

// `chosen` is {source, target}; `choose` is called with another one.
export function drawMatrix(table, { similarities, pairs }, threshold, chosen, choose) {
  const targets = similarities[0]?.length ?? 0;
  const heads = [...Array(targets).keys()].map((target) => element("th", { scope: "col" }, fill(words.of_second, { number: target + 1 })));
  const rows = similarities.map((row, source) => element("tr", {},
    element("th", { scope: "row" }, fill(words.of_first, { number: source + 1 })),
    ...row.map((similarity, target) => cell(similarity, pairs[source][target], threshold, {
      chosen: chosen.source === source && chosen.target === target,
      choose: () => choose({ source, target }),
    })),
  ));
  const corner = element("td", {}, element("span", { class: "unseen" }, words.pairs));
  // Whoever is at a pair stays there.
  const focused = [...table.querySelectorAll(".pair")].indexOf(document.activeElement);
  table.replaceChildren(element("thead", {}, element("tr", {}, corner, ...heads)), element("tbody", {}, ...rows));
  table.querySelectorAll(".pair")[focused]?.focus();
}

function cell(similarity, pairs, threshold, { chosen, choose }) {
  const matches = similarity >= threshold;
  return element("td", { class: matches ? "alike" : "unlike" },
    element("button", { type: "button", class: "pair", "aria-pressed": String(chosen), onclick: choose },
      element("b", {}, shown(similarity)),
      element("span", { class: "verdict-word" }, icon(matches ? "check" : "close", 14), matches ? words.match : words.no_match),
      element("small", {}, rarity(pairs, "short")),
    ),
  );
}
