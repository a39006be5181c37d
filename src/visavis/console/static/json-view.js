// JSON with line breaks and colours; every token stays as the server wrote it, so that no number changes.
import { element } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;
const INDENT = "  ";

export function jsonView(text) {
  const parts = document.createDocumentFragment();
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  const line = () => parts.append(`\n${INDENT.repeat(depth)}`);
  tokens.forEach((token, at) => {
    const empty = tokens[at + 1] === "}" || tokens[at + 1] === "]";
    if (token === "{" || token === "[") {
      parts.append(token);
      depth += 1;
      if (!empty) line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      if (!"{[".includes(tokens[at - 1])) line();
      parts.append(token);
    } else if (token === ",") {
      parts.append(token);
      line();
    } else if (token === ":") {
      parts.append(": ");
    } else {
      parts.append(element("span", { class: kind(token, tokens[at + 1]) }, token));
    }
  });
  return parts;
}

function kind(token, next) {
  if (token.startsWith('"')) return next === ":" ? "json-key" : "json-text";
  return /^[-\d]/.test(token) ? "json-number" : "json-word";
}
