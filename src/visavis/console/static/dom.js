// Makes elements; the page's policy forbids markup in strings, and so does this.

// element("p", {class: "error", hidden: true}, "text", child, ...); a property of null or false is left out.
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const icons = new URL("icons.svg", import.meta.url).pathname;

// An icon of icons.svg, for the eye alone.
export function icon(name, size = 20) {
  const attributes = { class: "icon", width: size, height: size, "aria-hidden": "true" };
  return svg("svg", attributes, svg("use", { href: `${icons}#${name}` }));
}
