// Lines between faces of two pictures, as SVG over both.
import { svg } from "./dom.js";
import { shown } from "./score.js";

const PLATE = { width: 52, height: 26 };

// `pairs` are {source, target, similarity, matches, strong}, faces by number.
export function drawLines(layer, frame, views, pairs) {
  const origin = frame.getBoundingClientRect();
  const place = (view, index) => {
    const at = view.centre(index);
    return { ...at, x: at.x - origin.left, y: at.y - origin.top };
  };
  const marks = pairs.flatMap(({ source, target, similarity, matches, strong }) => {
    const [from, to] = borders(place(views.source, source), place(views.target, target));
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const kind = `${matches ? "alike" : "unlike"}${strong ? " strong" : ""}`;
    const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
    const line = svg("g", { class: kind, "data-pair": `${source}-${target}` },
      svg("line", { class: "line-halo", ...ends }),
      svg("line", { class: "line", ...ends }),
      svg("circle", { class: "end", cx: from.x, cy: from.y, r: 4.5 }),
      svg("circle", { class: "end", cx: to.x, cy: to.y, r: 4.5 }),
    );
    if (!strong) return [line];
    line.append(
      svg("rect", { class: "plate", x: middle.x - PLATE.width / 2, y: middle.y - PLATE.height / 2, rx: 13, ...PLATE }),
      svg("text", { class: "plate-text", x: middle.x, y: middle.y + 0.5, "text-anchor": "middle", "dominant-baseline": "central" }, shown(similarity)),
    );
    return [line];
  });
  layer.replaceChildren(...marks);
}

// A line goes from the edge of one box to that of the other, so that it hides neither face.
function borders(from, to) {
  return [towards(from, to), towards(to, from)];
}

function towards(box, other) {
  const [dx, dy] = [other.x - box.x, other.y - box.y];
  const reach = Math.min(
    dx ? box.width / 2 / Math.abs(dx) : Infinity,
    dy ? box.height / 2 / Math.abs(dy) : Infinity,
    0.5,
  );
  return { x: box.x + dx * reach, y: box.y + dy * reach };
}
