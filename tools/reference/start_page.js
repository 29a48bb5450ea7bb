/* SPDX-License-Identifier: Apache-2.0 */
/* The start page's search finds fields too: it lists those that fit with the message that has them, as links to where
   the message's page describes them. [data-fields] of a link is the tree of the fields of the message: "a b(c d)".
   This runs before the script of all pages, which hides the rows that do not fit. */

"use strict";

(() => {
  const MOST = 8; /* fields of a message that are listed */

  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const search = document.getElementById("search");

  const fieldsOf = (link) => {
    const found = [];
    const above = [""];
    for (const [part] of link.dataset.fields.matchAll(/[()]|[^\s()]+/g)) {
      if (part === "(")
        above.push(found[found.length - 1].path + ".");
      else if (part === ")")
        above.pop();
      else
        found.push({path: above[above.length - 1] + part, name: part.toLowerCase()});
    }
    return found;
  };

  const rows = all("#messages tr[data-words]").map((row) => {
    const links = all("[data-fields]", row).map((link) => ({link, fields: fieldsOf(link)}));
    const paths = links.flatMap(({fields}) => fields.map((field) => field.path.toLowerCase()));
    row.dataset.words += ` ${paths.join(" ")}`;
    return {cell: row.lastElementChild, links};
  });

  /* A word with a dot is part of a path. */
  const fits = (field, word) => (word.includes(".") ? field.path.toLowerCase() : field.name).includes(word);

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className)
      element.className = className;
    element.textContent = text;
    return element;
  };

  const linkTo = (link, field) => {
    const to = make("a", "", field.path);
    to.href = `${link.getAttribute("href")}#field-${field.path}`;
    return to;
  };

  const list = (link, fields) => {
    const line = make("p", "found", "");
    line.append(make("span", "muted", `${link.textContent}: `));
    fields.slice(0, MOST).forEach((field, i) => line.append(i === 0 ? "" : ", ", linkTo(link, field)));
    if (fields.length > MOST)
      line.append(make("span", "muted", ` and ${fields.length - MOST} more`));
    return line;
  };

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
    const isWhole = (field) => words.includes(field.name);
    for (const {cell, links} of rows) {
      all(".found", cell).forEach((line) => line.remove());
      for (const {link, fields} of links) {
        const found = fields.filter((field) => words.some((word) => fits(field, word)));
        if (found.length !== 0)
          cell.append(list(link, [...found.filter(isWhole), ...found.filter((field) => !isWhole(field))]));
      }
    }
  };

  search.addEventListener("input", show);
  show();
})();
