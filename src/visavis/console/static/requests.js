// Sends forms of several parts, as pictures need, and reads the JSON that comes back.
import { messages } from "./messages.js";

export class Refused extends Error {
  // `status`: of HTTP, 0 if there was no answer. `code`: of an error of the service. `wait`: seconds to wait, as the server says.
  constructor(message, status, { code = "", wait = 0 } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

// POST `fields`, a FormData or an object of them; the answer's JSON. Throws Refused with a sentence for people.
export async function send(path, fields, { signal, headers = {} } = {}) {
  return post(path, fields instanceof FormData ? fields : formOf(fields), signal, { "X-CSRF-Token": token(), ...headers });
}

// POST `fields` as a form without pictures; throws as `send` does.
export async function submit(path, fields) {
  return post(path, new URLSearchParams({ ...fields, csrf: token() }));
}

function token() {
  return document.querySelector("meta[name=csrf-token]").content;
}

async function post(path, body, signal, more = {}) {
  const headers = { Accept: "application/json", ...more };
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(messages().offline, 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const wait = Number(response.headers.get("Retry-After")) || 0;
    throw new Refused(answer.error ?? messages().offline, response.status, { code: answer.code, wait });
  }
  return answer;
}

function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) form.append(name, value);
  }
  return form;
}
