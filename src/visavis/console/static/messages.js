// The messages that the page brings along, under the id that it gave them.
export function messages(id = "messages") {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

// A message with values in place of {names}.
export function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
