// Pictures out of what was chosen or dropped: files, folders, ZIP files, a list; and whom each shows by its name.
import { fill } from "./messages.js";
import { BadList, isList, readList, rowOf } from "./people-list.js";
import { MAX_BYTES } from "./pictures.js";
import { BadZip, isZip, textOf, unzip } from "./zip.js";

const PICTURE = /\.(jpe?g|png|heic|heif|webp|avif|bmp|gif|tiff?)$/i;
const TYPES = { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", avif: "image/avif", gif: "image/gif" };
const NUMBERED = /^(.*?\p{L}.*?)\s*(?:[-_ ]\s*\d{1,3}|\(\d{1,3}\))$/u;

export class Gatherer {
  constructor(words) {
    this.words = words;
    this.rows = []; // of the list
  }

  // {files, complaints}: the pictures among the files and in their ZIP files, and sentences about the rest.
  // A list among them is kept for these pictures and all that follow.
  async take(files) {
    const complaints = [];
    const pictures = [];
    for (const file of files) {
      try {
        if (isList(file)) await this.#read(file);
        else if (isZip(file)) pictures.push(...(await this.#unpacked(file)));
        else pictures.push(file);
      } catch (error) {
        if (!(error instanceof BadZip || error instanceof BadList)) throw error;
        complaints.push(fill(this.words[error.reason], { name: file.name, line: error.line }));
      }
    }
    return { pictures, complaints };
  }

  async #read(file) {
    this.rows = readList(textOf(new Uint8Array(await file.arrayBuffer())));
  }

  async #unpacked(zip) {
    const wanted = (path) => (PICTURE.test(path) || isList({ name: path })) && !/(^|\/)(\.|__MACOSX\/)/.test(path);
    const found = (await unzip(zip, wanted, MAX_BYTES)).map(([path, blob]) => fileOf(path, blob));
    const folders = new Set(found.map(({ path }) => path.split("/").slice(0, -1).join("/")));
    // As with a dropped folder, one that holds further folders is no person.
    for (const file of found) {
      const at = file.path.split("/").slice(0, -1);
      const holdsFolders = [...folders].some((other) => other.startsWith(at.length ? `${at.join("/")}/` : "") && other !== at.join("/"));
      file.folder = at.length && !holdsFolders ? at.at(-1) : "";
    }
    for (const list of found.filter(isList)) await this.#read(list);
    return found.filter((file) => !isList(file));
  }

  // Whom a file shows: {key, name, id} with an id only if a list gives it. Files with one key are of one person.
  personOf(file, numbered) {
    const row = rowOf(this.rows, file.path || file.webkitRelativePath || file.name);
    if (row) return { key: `list:${row.id}:${row.name}`, name: row.name || row.id, id: row.id };
    if (file.shot) return { key: `camera:${file.shot}`, name: "", id: "" };
    const name = nameOf(file, numbered);
    return { key: name, name, id: "" };
  }

  // Rows of the list that none of these files belongs to.
  unused(files) {
    const used = new Set(files.map((file) => rowOf(this.rows, file.path || file.webkitRelativePath || file.name)));
    return this.rows.filter((row) => !used.has(row));
  }
}

// A Blob of null is a file that is too large: the empty one says so by `tooLarge`.
function fileOf(path, blob) {
  const clean = path.normalize("NFC").split(/[\\/]/).filter((part) => part && part !== "." && part !== "..").join("/");
  const name = clean.split("/").at(-1);
  const type = TYPES[name.split(".").at(-1).toLowerCase()] ?? "";
  return Object.assign(new File(blob ? [blob] : [], name, { type }), { path: clean, tooLarge: !blob });
}

// What a file is called after its person: its folder, or itself, without a number at the end.
function nameOf(file, numbered) {
  if (file.folder) return file.folder.normalize("NFC").trim();
  const stem = file.name.replace(/\.[^.]*$/, "").normalize("NFC").trim();
  return (numbered && NUMBERED.exec(stem)?.[1]) || stem;
}
