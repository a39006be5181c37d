// A similarity as it is shown everywhere.
const one = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

// Rounded down, so that what is too little never reads as if it were enough.
export function shown(similarity) {
  return one.format(Math.floor(similarity * 10) / 10);
}
