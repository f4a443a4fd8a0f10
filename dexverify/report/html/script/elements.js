// Elements are made here, and only here: text goes into them as text, never as HTML.

/** An element with attributes (a null one is left out; a function is a listener) and children (elements or text). */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element of the page with this id, which the template has. */
function byId(id) {
  return document.getElementById(id);
}

/** A whole number with separators: 1,000,000. */
function count(number) {
  return number.toLocaleString("en-US");
}

/** `1 step`, `2 steps`. */
function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** The last component of a path. */
function baseName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}
