// Two pictures and how alike their faces are, for any threshold, without asking again.
import { element, icon } from "./dom.js";
import { takePasted } from "./drop.js";
import { drawLines } from "./lines.js";
import { drawMatrix } from "./matrix.js";
import { fill, messages } from "./messages.js";
import { Picker, sample, takeSamples } from "./picker.js";
import { showReplies } from "./replies.js";
import { send } from "./requests.js";
import { shown } from "./score.js";
import { rarity, words } from "./similarity.js";

const find = (id) => document.getElementById(id);
const page = find("compare");
const scale = messages("scale");
const slider = find("threshold");
const verdict = find("verdict");

let asking = null;
let answer = null;
let chosen = { source: 0, target: 0 };

const pickers = {
  source: new Picker(find("source"), compare, ([file]) => pickers.target.show({ file, name: file.name })),
  target: new Picker(find("target"), compare, ([file]) => pickers.source.show({ file, name: file.name })),
};
const views = { source: pickers.source.view, target: pickers.target.view };
for (const [side, view] of Object.entries(views)) {
  view.onselect = (index, quietly) => {
    if (!quietly && index >= 0) choose(bestWith(side, index));
  };
  view.onlayout = drawPairs;
}
new ResizeObserver(drawPairs).observe(find("two"));
takePasted((files) => {
  const place = pickers.source.picture && !pickers.target.picture ? pickers.target : pickers.source;
  place.give(files);
});
takeSamples(async (button, first) => {
  const second = await sample(button.dataset.other);
  pickers.source.show(first, true);
  pickers.target.show(second);
});
slider.addEventListener("input", draw);
draw();

async function compare() {
  asking?.abort();
  answer = null;
  draw();
  const both = Object.values(pickers);
  if (both.some((picker) => !picker.picture)) return;
  const { signal } = (asking = new AbortController());
  for (const picker of both) {
    picker.complain(null);
    picker.view.clear();
    picker.view.waiting = true;
  }
  try {
    const fields = { ...pickers.source.fields("source"), ...pickers.target.fields("target") };
    take(await send(page.dataset.action, fields, { signal }));
  } catch (error) {
    if (error.name === "AbortError") return;
    pickers.target.complain({ sentence: error.message });
  }
  for (const picker of both) picker.view.waiting = false;
}

function take(given) {
  if (given.problem) pickers[given.problem.place === "Target" ? "target" : "source"].complain(given.problem);
  answer = given;
  chosen = bestOf(given.similarities ?? []);
  if (given.source) {
    pickers.source.draw(given.source);
    pickers.target.draw(given.target);
  }
  draw();
  mark();
}

// The pair that is most alike of all.
function bestOf(rows) {
  const source = Math.max(best(rows.map((row) => Math.max(...row))), 0);
  return { source, target: best(rows[source] ?? []) };
}

function best(row) {
  return row.indexOf(Math.max(...row));
}

// Of a face in one picture, the pair with whoever is most like it in the other.
function bestWith(side, index) {
  const { similarities } = answer;
  if (side === "source") return { source: index, target: best(similarities[index]) };
  return { source: best(similarities.map((row) => row[index])), target: index };
}

function choose(pair) {
  if (!answer?.similarities?.[pair.source]?.length) return;
  chosen = pair;
  mark();
  draw();
}

function mark() {
  for (const [side, view] of Object.entries(views)) {
    if (view.faces.length && chosen[side] >= 0 && view.selected !== chosen[side]) view.select(chosen[side], true);
  }
}

function draw() {
  const threshold = Number(slider.value);
  find("threshold-value").textContent = threshold;
  find("threshold-meaning").textContent = fill(words.threshold_meaning, { rarity: rarity(scale[threshold]) });
  const similarities = comparable();
  const any = Boolean(similarities[0]?.length);
  find("pairs").hidden = !any;
  drawVerdict(threshold, any);
  if (any) drawMatrix(find("matrix"), answer, threshold, chosen, choose);
  drawPairs();
  const matching = (similarities[0] ?? []).filter((similarity) => similarity >= threshold).length;
  showReplies(answer?.replies ?? [], (reply) => ({
    ...reply,
    body: reply.bodies[matching] ?? reply.body,
    request: reply.request.replace(/(threshold"?[=:])\d+/, `$1${threshold}`),
  }));
}

function drawVerdict(threshold, any) {
  if (!any) {
    verdict.className = "verdict";
    verdict.replaceChildren(icon("info", 28), element("p", {}, whyNoVerdict()));
    return;
  }
  const similarity = answer.similarities[chosen.source][chosen.target];
  const matches = similarity >= threshold;
  verdict.className = `verdict ${matches ? "alike" : "unlike"}`;
  verdict.replaceChildren(
    icon(matches ? "check" : "close", 28),
    element("div", {},
      element("b", {}, matches ? words.same : words.different),
      many() ? element("p", {}, fill(words.of_pair, { first: chosen.source + 1, second: chosen.target + 1 })) : null,
      element("p", {}, fill(words.meaning, { rarity: rarity(answer.pairs[chosen.source][chosen.target]) })),
    ),
    element("span", { class: "score" }, element("b", {}, shown(similarity)), element("small", {}, words.similarity)),
  );
}

function whyNoVerdict() {
  if (answer?.problem?.code === "too_poor") return words.poor;
  return answer && !answer.problem ? words.nobody_in_second : words.waiting;
}

// No number is shown of pictures of which one is too poor.
function comparable() {
  return (answer?.problem ? null : answer?.similarities) ?? [];
}

function many() {
  return answer.similarities.length > 1 || answer.similarities[0].length > 1;
}

function drawPairs() {
  const threshold = Number(slider.value);
  const ready = views.source.faces.length && views.target.faces.length;
  const pairs = (ready ? comparable() : []).flatMap((row, source) => row.map((similarity, target) => ({
    source,
    target,
    similarity,
    matches: similarity >= threshold,
    strong: source === chosen.source && target === chosen.target,
  })));
  const drawn = pairs.filter((pair) => pair.matches || pair.strong).sort((a, b) => a.strong - b.strong);
  drawLines(find("lines"), find("two"), views, drawn);
}
