// The messages that the page brings along, under the id that it gave them.
export function messages(id = "messages") {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

// The message `key.one` or `key.other` with the number as {count}.
export function plural(words, key, count, values = {}) {
  return fill(words[`${key}.${count === 1 ? "one" : "other"}`], { count: count.toLocaleString(document.documentElement.lang), ...values });
}

// A message with values in place of {names}.
export function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
