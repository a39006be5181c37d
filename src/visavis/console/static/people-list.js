// A list in CSV that says who is on which picture: the columns path, external_image_id and name, as `visavis import` reads it.

const COLUMNS = ["path", "external_image_id", "name"];
const ID = /^[\w.\-:]{1,255}$/;

export class BadList extends Error {
  // `reason`: the name of a message, list_columns, list_row or list_id; `line`: where.
  constructor(reason, line) {
    super(reason);
    this.reason = reason;
    this.line = line;
  }
}

export function isList(file) {
  return /\.csv$/i.test(file.name);
}

// The rows, each {path, id, name}. Throws BadList.
export function readList(text) {
  const [head = [], ...rows] = rowsOf(text.replace(/^\ufeff/, ""));
  const columns = head.map((name) => name.trim().toLowerCase());
  const known = columns.every((name) => COLUMNS.includes(name)) && new Set(columns).size === columns.length;
  if (!known || !columns.includes("path") || columns.length < 2) throw new BadList("list_columns", 1);
  return rows.flatMap((fields, index) => {
    if (fields.every((field) => !field.trim())) return [];
    const of = (column) => (fields[columns.indexOf(column)] ?? "").trim().normalize("NFC");
    const row = { path: partsOf(of("path")).join("/"), id: of("external_image_id"), name: of("name") };
    if (fields.length > columns.length || !row.path || (!row.id && !row.name)) throw new BadList("list_row", index + 2);
    if (row.id && !ID.test(row.id)) throw new BadList("list_id", index + 2);
    return [row];
  });
}

// The row about a file that lies at this path: of rows that end it, or that it ends, the only one.
export function rowOf(rows, path) {
  const file = `/${partsOf(path.normalize("NFC")).join("/")}`;
  const name = file.slice(file.lastIndexOf("/"));
  const whole = rows.filter((row) => file.endsWith(`/${row.path}`));
  const found = whole.length ? whole : rows.filter((row) => `/${row.path}`.endsWith(name));
  return found.length === 1 ? found[0] : null;
}

function partsOf(path) {
  return path.split(/[\\/]/).filter((part) => part && part !== ".");
}

// Rows of fields; a field in quotes may hold commas, line ends and doubled quotes.
function rowsOf(text) {
  const rows = [];
  let row = [];
  let read = 0;
  for (const [whole, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy)) {
    read += whole.length;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  if (read < text.length) throw new BadList("list_row", rows.length + 1);
  return rows;
}
