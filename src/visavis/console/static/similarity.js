// Similarities and thresholds, and how rare they are among strangers.
import { fill, messages } from "./messages.js";

export const words = messages("compare-words");
const language = document.documentElement.lang;
const counts = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

const AS_FAR_AS_THE_SCALE_GOES = 1e6;

// `pairs`: in how many pairs of strangers one is so alike; in a few words, or with the strangers in a sentence.
export function rarity(pairs, kind = "strangers") {
  if (pairs < 2) return words[`${kind}.most`];
  return fill(words[`${kind}.one_in`], { pairs: counts.format(rounded(pairs)) });
}

function rounded(pairs) {
  return Number(Math.min(pairs, AS_FAR_AS_THE_SCALE_GOES).toPrecision(2));
}
